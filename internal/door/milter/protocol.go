package milter

// Commands of the mail server, the first byte of each packet.
const (
	cmdNegotiate   = 'O'
	cmdMacro       = 'D'
	cmdConnect     = 'C'
	cmdHelo        = 'H'
	cmdMail        = 'M'
	cmdRcpt        = 'R'
	cmdData        = 'T'
	cmdHeader      = 'L'
	cmdEndOfHeader = 'N'
	cmdBody        = 'B'
	cmdEndOfBody   = 'E'
	cmdUnknown     = 'U'
	cmdAbort       = 'A'
	cmdQuit        = 'Q'
	cmdQuitNew     = 'K'
)

// Our answers. Those up to skip are final: one for each command.
const (
	answerContinue  = 'c'
	answerTempfail  = 't'
	answerDiscard   = 'd'
	answerReplyCode = 'y'
	answerSkip      = 's'

	answerProgress     = 'p'
	answerQuarantine   = 'q'
	answerAddHeader    = 'h'
	answerInsertHeader = 'i'
	answerChangeHeader = 'm'
	answerChangeFrom   = 'e'
	answerAddRcpt      = '+'
	answerAddRcptArgs  = '2'
	answerDeleteRcpt   = '-'
)

// Actions that a filter asks leave for when it negotiates.
const (
	actAddHeaders    = 0x01
	actChangeBody    = 0x02
	actAddRcpt       = 0x04
	actDeleteRcpt    = 0x08
	actChangeHeaders = 0x10
	actQuarantine    = 0x20
	actChangeFrom    = 0x40
	actAddRcptArgs   = 0x80
	actSetMacros     = 0x100

	// oldActions are those of versions before 6.
	oldActions = 0x3f
)

// Protocol bits: what the mail server need not send (no…), what it must not
// wait for an answer to (silent…), and finer points.
const (
	noConnect     = 0x1
	noHelo        = 0x2
	noMail        = 0x4
	noRcpt        = 0x8
	noBody        = 0x10
	noHeaders     = 0x20
	noEndOfHeader = 0x40
	silentHeader  = 0x80
	noUnknown     = 0x100
	noData        = 0x200
	canSkip       = 0x400
	refusedRcpts  = 0x800
	silentConnect = 0x1000
	silentHelo    = 0x2000
	silentMail    = 0x4000
	silentRcpt    = 0x8000
	silentData    = 0x10000
	silentUnknown = 0x20000
	silentEOH     = 0x40000
	silentBody    = 0x80000
	leadingSpace  = 0x100000

	// oldProtocol are the bits of version 2; 3 has noUnknown and 4 has
	// noData besides.
	oldProtocol = 0x7f
)

// Versions of the protocol that we speak. Version 1 has no quarantine and no
// inserted headers and has not been seen for twenty years.
const (
	minVersion = 2
	maxVersion = 6
)

// silentBits tells which protocol bit takes away the answer to a command.
var silentBits = [256]uint32{
	cmdConnect: silentConnect, cmdHelo: silentHelo, cmdMail: silentMail,
	cmdRcpt: silentRcpt, cmdData: silentData, cmdHeader: silentHeader,
	cmdEndOfHeader: silentEOH, cmdBody: silentBody, cmdUnknown: silentUnknown,
}
