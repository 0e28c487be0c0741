package milter

import (
	"encoding/binary"
	"fmt"

	"postern/internal/engine"
)

// agreement is what was negotiated for a connection. The zero agreement means
// that nothing was yet.
type agreement struct {
	version  uint32
	actions  uint32
	protocol uint32
	wants    engine.Wants
}

// may tells whether the mail server lets us take an action.
func (a *agreement) may(action uint32) bool { return a.actions&action != 0 }

// silent tells whether the mail server expects no answer to a command.
func (a *agreement) silent(command byte) bool { return a.protocol&silentBits[command] != 0 }

// macroStage is the number under which a filter asks for a stage's macros.
type macroStage struct {
	number uint32
	names  string
}

// wantedMacros replace the mail server's own lists, which have neither the
// reverse name nor how its lookup went.
var wantedMacros = []macroStage{
	{0, "j {daemon_name} {daemon_addr} {daemon_port} v _ {client_addr} {client_name} {client_ptr} {client_port} {client_resolve}"},
	{1, "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}"},
	{2, "i {auth_type} {auth_authen} {auth_author} {mail_addr}"},
	{3, "i {rcpt_addr}"},
	{5, "i"},
}

// agree takes an offer apart and cuts our wishes down to it.
func agree(offer []byte, wants engine.Wants) (agreement, error) {
	if len(offer) < 12 {
		return agreement{}, fmt.Errorf("negotiation of %d bytes where 12 are the least", len(offer))
	}
	version := binary.BigEndian.Uint32(offer)
	if version < minVersion {
		return agreement{}, fmt.Errorf("mail server speaks milter version %d; %d is the oldest we know", version, minVersion)
	}
	a := agreement{version: min(version, maxVersion), wants: wants}
	actions, protocol := knownBits(a.version)
	a.actions = binary.BigEndian.Uint32(offer[4:]) & actions & wantedActions
	offered := binary.BigEndian.Uint32(offer[8:]) & protocol
	a.protocol = offered & wishes(wants, offered)
	return a, nil
}

// wantedActions are those that verdicts may lead to.
const wantedActions = actAddHeaders | actChangeHeaders | actQuarantine | actAddRcpt |
	actDeleteRcpt | actChangeFrom | actAddRcptArgs | actSetMacros

// knownBits gives the action and protocol bits that a version has. A mail
// server that offers others did not mean what we would understand.
func knownBits(version uint32) (actions, protocol uint32) {
	actions, protocol = oldActions, oldProtocol
	if version >= 3 {
		protocol |= noUnknown
	}
	if version >= 4 {
		protocol |= noData
	}
	if version >= 6 {
		return ^uint32(0), ^uint32(0)
	}
	return actions, protocol
}

// wishes gives the protocol bits we would like: nothing is sent that no check
// looks at, and nothing is waited for that we never answer. Who talks and to
// whom is always wanted, at least for the log.
func wishes(w engine.Wants, offered uint32) uint32 {
	bits := uint32(noEndOfHeader | noUnknown | noData |
		silentHeader | silentEOH | silentData | silentUnknown | silentBody | leadingSpace)
	if !w.Body {
		bits |= noBody
		if !w.Header {
			bits |= noHeaders
		}
	}
	// Skipping the rest of a body is an answer; silence is worth more, for
	// bodies beyond the limit are rare and every body has at least one packet.
	if offered&silentBody == 0 {
		bits |= canSkip
	}
	if !w.Early {
		bits |= silentConnect | silentHelo | silentMail
	}
	if !w.Rcpt {
		bits |= silentRcpt
	}
	return bits
}

// encode gives our part of the negotiation as the mail server reads it.
func (a *agreement) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, a.version)
	b = binary.BigEndian.AppendUint32(b, a.actions)
	b = binary.BigEndian.AppendUint32(b, a.protocol)
	if a.may(actSetMacros) {
		for _, s := range wantedMacros {
			b = binary.BigEndian.AppendUint32(b, s.number)
			b = append(append(b, s.names...), 0)
		}
	}
	return b
}
