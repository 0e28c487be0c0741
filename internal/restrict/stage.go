package restrict

import (
	"postern/internal/session"
)

// Stage is a moment of the SMTP dialogue at which lists are evaluated.
type Stage uint8

// The stages.
const (
	Connect Stage = iota
	Helo
	Mail
	Rcpt
	Vrfy
	Data
	EndOfData
)

// stageNames are Postfix's words in log lines and policy requests.
var stageNames = [...]string{"CONNECT", "HELO", "MAIL", "RCPT", "VRFY", "DATA", "END-OF-MESSAGE"}

// where gives Postfix's word for the stage.
func (s Stage) where(of *session.Session) string {
	if s == Helo && of.Protocol == "ESMTP" {
		return "EHLO"
	}
	return stageNames[s]
}

// listKind is one of the lists.
type listKind uint8

const (
	listClient listKind = iota
	listHelo
	listSender
	listRelay
	listRecipient
	listData
	listEndOfData
	listScore

	listCount
)

// listNames are the lists' keys in the configuration.
var listNames = [listCount]string{"client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "score"}

// The words with which replies say what was refused.
const (
	classClient    = "Client host"
	classReverse   = "Unverified Client host"
	classCert      = "Client certificate"
	classSASL      = "SASL login name"
	classHelo      = "Helo command"
	classSender    = "Sender address"
	classRecipient = "Recipient address"
	classData      = "Data command"
	classEndOfData = "End-of-data"
)

var listClasses = [listCount]string{
	classClient, classHelo, classSender, classRecipient, classRecipient, classData, classEndOfData, classRecipient,
}

// State is what lists leave behind for later stages of the same connection.
// The zero State is a new connection. It is used by one goroutine at a time.
type State struct {
	// ifPermit are the deferrals that wait for a permit, as the client, helo
	// and sender lists left them.
	ifPermit [3]deferral
	discard  bool
	// senderKnown tells that the sender was looked up in the tables of
	// addresses already.
	senderKnown bool
}

// ResetMessage forgets what belongs to one message, as after RSET and at the
// end of data.
func (st *State) ResetMessage() {
	st.ifPermit[listSender] = deferral{}
	st.discard = false
	st.senderKnown = false
}

// deferral is a refusal for now that waits for a permit or reject.
type deferral struct {
	active bool
	fault  bool
	code   int
	dsn    string
	text   string
}
