package milter

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// maxArgs bounds the ESMTP parameters kept of one command.
const maxArgs = 64

// maxRecipients bounds the recipients kept of one message, far beyond what
// mail servers accept.
const maxRecipients = 100_000

// connect: a client has connected to the mail server.
func (d *dialogue) connect(ctx context.Context, data []byte) (answer, error) {
	c, err := parseConnect(data)
	if err != nil {
		return answer{}, err
	}
	d.newClient(c)
	return d.early(ctx, check.Connect, cmdConnect), nil
}

// helo: the client has said HELO or EHLO, perhaps again after STARTTLS.
func (d *dialogue) helo(ctx context.Context, data []byte) (answer, error) {
	name, _ := cutString(data)
	if d.inMessage || d.next > check.Helo {
		// HELO ends a message like RSET (RFC 5321 section 4.1.4), and a
		// second one makes what was found out about the first void.
		d.endMessage()
	}
	d.sess.HELO = string(name)
	return d.early(ctx, check.Helo, cmdHelo), nil
}

// mail: a message begins.
func (d *dialogue) mail(ctx context.Context, data []byte) (answer, error) {
	args, err := cutStrings(data, maxArgs)
	if err != nil {
		return answer{}, errors.New("MAIL without an address")
	}
	if d.inMessage {
		// QUIRK: Sendmail does not send ABORT for every message that comes
		// to nothing.
		told := d.macros.packets[2] // for this MAIL, just before it
		d.endMessage()
		d.macros.packets[2] = told
	}
	d.sess.HasSender, d.sess.Sender, d.sess.SenderArgs = true, envelope(args[0]), args[1:]
	d.senderArgs()
	if c := &d.sess.Client; c.IP.IsLoopback() && (c.Port == 0 || d.sess.HELO == "") {
		// QUIRK: what is submitted on the mail server's own host without SMTP
		// comes as if from there, from a port that no connection has
		// (Postfix: non_smtpd_milters).
		c.Local = true
	}
	d.setInMessage(true)
	return d.decide(d.advance(ctx, check.Mail), cmdMail), nil
}

// senderArgs takes from the parameters of MAIL what the session has a place
// for: the announced size (RFC 1870) and who sent it first (RFC 4954 section
// 5). The message gets a name of its own, the same for all its recipients.
func (d *dialogue) senderArgs() {
	if size, ok := d.sess.SenderArg("SIZE"); ok {
		// What is no number announces nothing.
		d.sess.Size, _ = strconv.ParseInt(size, 10, 64)
	}
	if sender, ok := d.sess.SenderArg("AUTH"); ok && sender != "<>" {
		d.sess.AuthSender = sender
	}
	d.messages++
	d.sess.Instance = strconv.FormatInt(d.sess.Started.UnixNano(), 36) + "." + strconv.Itoa(d.messages)
}

// rcpt: the mail server has accepted a recipient.
func (d *dialogue) rcpt(ctx context.Context, data []byte) (answer, error) {
	args, err := cutStrings(data, maxArgs)
	if err != nil || !d.inMessage {
		return answer{}, errors.New("RCPT without an address or before MAIL")
	}
	if len(d.sess.Recipients) >= maxRecipients {
		return answer{code: answerTempfail}, nil
	}
	r := session.Recipient{Address: envelope(args[0]), Args: args[1:]}
	if d.pending.code != 0 && !d.agreed.silent(cmdRcpt) {
		return d.pending, nil
	}
	d.learnMacros()
	if v := d.transaction().Recipient(ctx, &r); v != nil {
		return d.refuseRecipient(v, args[0], r), nil
	}
	return d.acceptRecipient(args[0], r), nil
}

func (d *dialogue) acceptRecipient(given string, r session.Recipient) answer {
	d.given = append(d.given, given)
	d.sess.Recipients = append(d.sess.Recipients, r)
	return answer{code: answerContinue}
}

// refuseRecipient carries out a verdict on one recipient.
func (d *dialogue) refuseRecipient(v *verdict.Verdict, given string, r session.Recipient) answer {
	a := d.refusal(v)
	switch {
	case a.code == 0:
		return d.acceptRecipient(given, r)
	case a.code == answerDiscard && d.agreed.may(actDeleteRcpt):
		// The answer "discard" would be for the whole message.
		d.unwanted = append(d.unwanted, given)
		return answer{code: answerContinue}
	case a.code == answerDiscard:
		d.log.Warn("cannot drop mail for one recipient: the mail server does not let recipients be removed",
			"case", v.CaseID, "recipient", r.Address.String())
		return d.acceptRecipient(given, r)
	case d.agreed.silent(cmdRcpt):
		// The engine in use when we negotiated refused no recipients. The
		// mail server has accepted this one: it must send the message again.
		d.pending = refuse(verdict.Reply{}, deferReply)
	}
	return a
}

// early asks the engine at the connection or HELO where it may refuse so
// early. Otherwise that waits for MAIL, when we know whether the client has
// logged in.
func (d *dialogue) early(ctx context.Context, stage check.Stage, command byte) answer {
	if !d.agreed.wants.Early {
		return answer{code: answerContinue}
	}
	return d.decide(d.advance(ctx, stage), command)
}

// decide turns a verdict of the connect, helo or mail stage into an answer. A
// nil verdict lets the client go on.
func (d *dialogue) decide(v *verdict.Verdict, command byte) answer {
	if v != nil {
		d.pending = d.refusal(v)
	}
	tooSoon := d.pending.code == answerDiscard && command != cmdMail
	if d.pending.code == 0 || tooSoon || d.agreed.silent(command) {
		return answer{code: answerContinue}
	}
	a := d.pending
	d.endMessage()
	return a
}

// refusal gives the answer that carries out a verdict before the message is
// there, none where the client may go on.
func (d *dialogue) refusal(v *verdict.Verdict) answer {
	switch v.Action {
	case verdict.Reject:
		return refuse(v.Reply, rejectReply)
	case verdict.SoftReject, verdict.Greylist:
		return refuse(v.Reply, deferReply)
	case verdict.Discard:
		return answer{code: answerDiscard}
	case verdict.Quarantine:
		d.hold = holdReason(v)
	}
	return answer{}
}

// envelope reads an address that the mail server has accepted: its best guess
// is good enough where it is malformed.
func envelope(path string) addr.Address {
	a, _ := addr.ParsePath(path)
	return a
}

// holdReason is what the mail server notes beside a message it holds.
func holdReason(v *verdict.Verdict) string {
	for _, s := range []string{v.Reason, v.Reply.Text} {
		if s = strings.TrimSpace(s); s != "" {
			return oneLine(s)
		}
	}
	return "held as probable spam"
}
