package restrict

import (
	"context"
	"sync"
	"time"

	"postern/internal/addr"
	"postern/internal/session"
)

// result is what a restriction says.
type result uint8

const (
	// dunno is no opinion.
	dunno result = iota
	// permit ends the list with a good end.
	permit
	// reject ends everything.
	reject
)

// maxDepth bounds how deep classes and tables may refer to one another.
const maxDepth = 100

// eval is the evaluation of the lists of one stage.
type eval struct {
	e      *Engine
	ctx    context.Context
	s      *session.Session
	st     *State
	d      *Decision
	stage  Stage
	sender *addr.Address // nil before MAIL
	rcpt   *addr.Address // nil where there is none, or several

	// kind is the list being evaluated, index the restriction in it, symbol
	// and key what a finding of it would say.
	kind   listKind
	index  int
	symbol string
	key    string
	depth  int
	// warn says that a reject is only reported; scoring that the score list
	// is evaluated; silent that no finding is made.
	warn, scoring, silent bool

	ifPermit, ifReject deferral
	keepIfReject       bool
	// inDefault says that the default action of a policy service is done.
	inDefault bool
	// obeying counts the values of tables that are being evaluated as lists.
	obeying   int
	rcptKnown bool

	// ahead are the questions to DNS lists that will be needed soon.
	ahead       sync.WaitGroup
	askedAhead  int
	aheadOf     *list
	aheadCtx    context.Context
	cancelAhead context.CancelFunc

	peer                               peerNames
	peerKnown                          bool
	senderString, rcptString, ipString string
	namaddrString                      string
}

// run evaluates one of the lists.
func (v *eval) run(kind listKind) result {
	l := v.e.lists.lists[kind]
	if !v.keepIfReject {
		v.ifReject = deferral{}
	}
	v.kind = kind
	if v.st.discard {
		return permit
	}
	return v.list(l)
}

// list evaluates the restrictions of a list or class until one decides.
func (v *eval) list(l *list) result {
	if v.depth++; v.depth > maxDepth {
		v.depth--
		return v.serverError("lists refer to one another more than %d deep", maxDepth)
	}
	defer func() { v.depth-- }()
	outer := v.warn
	for i := range l.items {
		if v.st.discard {
			return permit
		}
		it := &l.items[i]
		v.warn = outer || it.warn
		if v.depth == 1 {
			v.index = i
		}
		v.symbol, v.key = it.symbol, ""
		if it.zone != nil && v.aheadOf != l && i+1 < len(l.items) {
			v.aheadOf = l
			v.askAhead(l.items[i+1:])
		}
		r := v.restriction(it)
		v.warn = outer
		if r != dunno {
			return r
		}
		if v.ifPermit.active && v.ifReject.active {
			break
		}
	}
	return dunno
}

// begin prepares for a restriction that stands in no list.
func (v *eval) begin(name string) { v.symbol, v.key = symbolOf(name), "" }

// restriction evaluates one restriction. Those about something that is not
// known at this stage have no opinion.
func (v *eval) restriction(it *item) result {
	switch {
	case it.op <= opPolicy:
		return v.generic(it)
	case it.op <= opSASLAccess:
		return v.clientRestriction(it)
	case it.op <= opServerAccess:
		return v.access(it)
	case it.op <= opMapsRBL:
		return v.listed(it)
	case it.op <= opPermitNakedIP:
		return v.heloRestriction(it)
	case it.op >= opGreylist:
		return v.ours(it)
	}
	return v.addressRestriction(it)
}

// generic evaluates the restrictions that can stand in any list.
func (v *eval) generic(it *item) result {
	codes := &v.e.opt.Codes
	switch it.op {
	case opPermit:
		return permit
	case opReject:
		return v.refuse(policyFault, codes.Reject, "5.7.1", "<%s>: %s rejected: Access denied", v.replyName(), v.replyClass())
	case opDefer:
		return v.refuse(policyFault, codes.Defer, "4.3.2", "<%s>: %s rejected: Try again later", v.replyName(), v.replyClass())
	case opDeferIfPermit:
		return v.deferIfPermit(true, 450, "4.7.0", "<%s>: %s rejected: defer_if_permit requested", v.replyName(), v.replyClass())
	case opDeferIfReject:
		return v.deferIfReject(450, "4.7.0", "<%s>: %s rejected: defer_if_reject requested", v.replyName(), v.replyClass())
	case opSleep:
		v.sleep(it.wait)
	case opClass:
		return v.list(it.class)
	case opBareTable:
		return v.bareTable(it)
	case opPlaintext:
		if v.s.TLS == nil {
			return v.refuse(policyFault, codes.Plaintext, "4.7.1", "Session encryption is required")
		}
	case opPipelining:
		if v.s.Pipelined {
			return v.refuse(protocolFault, 503, "5.5.0", "<%s>: %s rejected: Improper use of SMTP command pipelining", v.replyName(), v.replyClass())
		}
	case opPolicy:
		return v.policy(it)
	}
	return dunno
}

// bareTable looks up what the list is about.
func (v *eval) bareTable(it *item) result {
	v.symbol = SymbolTable
	as := *it
	switch v.kind {
	case listClient:
		as.op = opClientAccess
		return v.clientRestriction(&as)
	case listHelo:
		as.op = opHeloAccess
	case listSender:
		as.op = opSenderAccess
	case listRelay, listRecipient:
		as.op = opRecipientAccess
	default:
		return v.serverError("table %s stands without the name of a restriction in %s", it.spec, listNames[v.kind])
	}
	return v.access(&as)
}

// sleep waits, within bounds.
func (v *eval) sleep(wait time.Duration) {
	if v.scoring {
		return
	}
	t := time.NewTimer(min(wait, v.e.opt.MaxSleep.Std()))
	defer t.Stop()
	select {
	case <-t.C:
	case <-v.ctx.Done():
	}
}
