package milter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// errQuit ends a connection as the mail server wishes.
var errQuit = errors.New("quit")

// dialogue is one connection of a mail server: as many clients and messages
// as it likes, one after the other.
type dialogue struct {
	server *Server
	stream *stream
	log    *slog.Logger
	agreed agreement
	macros macros
	told   map[string]string // what the macros said at last

	// sess is what is known so far; tx is its transaction once something was
	// to be asked. Both are replaced, not reused, once the engine saw them.
	sess *session.Session
	tx   Transaction
	// next is the first stage that tx was not asked about.
	next check.Stage
	// messages counts those of the connection.
	messages int
	// inMessage tells that MAIL was accepted and the message is not over.
	inMessage bool
	content   content
	// given are the accepted recipients as the mail server wrote them, and
	// unwanted those whose mail is to be dropped.
	given, unwanted []string
	// pending is a refusal that could not be given when it was decided, and
	// is at the next command that has an answer.
	pending answer
	// hold is why the message is to be held, once it is complete.
	hold string
}

func newDialogue(server *Server, s *stream, log *slog.Logger) *dialogue {
	d := &dialogue{server: server, stream: s, log: log}
	d.content.max, d.content.buf = int(server.options.MaxSize), s.content
	d.newClient(session.Client{})
	return d
}

// verbs are the commands that may have an answer, by their first byte.
var verbs = [256]func(*dialogue, context.Context, []byte) (answer, error){
	cmdConnect:     (*dialogue).connect,
	cmdHelo:        (*dialogue).helo,
	cmdMail:        (*dialogue).mail,
	cmdRcpt:        (*dialogue).rcpt,
	cmdData:        (*dialogue).nothing,
	cmdHeader:      (*dialogue).header,
	cmdEndOfHeader: (*dialogue).endOfHeader,
	cmdEndOfBody:   (*dialogue).endOfBody,
	cmdUnknown:     (*dialogue).nothing,
}

// run speaks until the mail server quits or breaks the protocol, or the
// daemon stops.
func (d *dialogue) run(ctx context.Context) error {
	for {
		command, size, err := d.stream.next()
		if err != nil {
			return err
		}
		a, err := d.command(ctx, command, size)
		if err != nil {
			return err
		}
		if a.code == 0 {
			continue
		}
		d.say(a)
		if err := d.stream.flush(); err != nil {
			return err
		}
	}
}

// command reads a packet's data and does what it asks for.
func (d *dialogue) command(ctx context.Context, command byte, size int) (answer, error) {
	if d.agreed.version == 0 && command != cmdNegotiate && command != cmdQuit {
		return answer{}, fmt.Errorf("command %q before negotiation", command)
	}
	if command == cmdBody {
		return d.body(size)
	}
	data, err := d.stream.data(size)
	if err != nil {
		return answer{}, err
	}
	switch command {
	case cmdNegotiate:
		return answer{}, d.negotiate(data)
	case cmdMacro:
		return answer{}, d.macros.set(data)
	case cmdAbort:
		// QUIRK: Postfix sends ABORT twice, and where no message was begun.
		if d.inMessage {
			d.endMessage()
		}
		return answer{}, nil
	case cmdQuit:
		return answer{}, errQuit
	case cmdQuitNew:
		d.macros.clear()
		d.newClient(session.Client{})
		return answer{}, nil
	}
	if verbs[command] == nil {
		return answer{}, fmt.Errorf("unknown command %q", command)
	}
	a, err := d.guarded(ctx, command, data)
	if d.agreed.silent(command) {
		a = answer{}
	}
	return a, err
}

// guarded runs a command so that a panic costs its message and no more.
func (d *dialogue) guarded(ctx context.Context, command byte, data []byte) (a answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.server.stats.panics.Add(1)
			d.log.Error("panic while serving a mail server", "command", string(rune(command)),
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			d.endMessage()
			a, err = answer{code: answerTempfail}, nil
		}
	}()
	d.macros.begin(command)
	return verbs[command](d, ctx, data)
}

// negotiate agrees with the mail server on what is sent and answered.
func (d *dialogue) negotiate(offer []byte) error {
	if d.agreed.version != 0 {
		return errors.New("second negotiation on one connection")
	}
	a, err := agree(offer, d.server.engine.Wants())
	if err != nil {
		return err
	}
	d.agreed = a
	d.stream.write(cmdNegotiate, a.encode())
	return d.stream.flush()
}

// nothing answers commands in which nothing is decided.
func (d *dialogue) nothing(context.Context, []byte) (answer, error) {
	return answer{code: answerContinue}, nil
}

// newClient begins anew with another client, or none so far.
func (d *dialogue) newClient(c session.Client) {
	d.sess = &session.Session{Door: "milter", Started: d.server.now(), Client: c}
	d.tx, d.next = nil, check.Connect
	d.endMessage()
}

// endMessage forgets the message and its transaction, and keeps what is known
// of the client.
func (d *dialogue) endMessage() {
	if d.tx != nil {
		// The engine may still hold the session, for a late check or the
		// history.
		kept := *d.sess
		d.sess = &kept
	}
	d.sess.ResetMessage()
	d.sess.User, d.sess.AuthMethod, d.sess.Macros = "", "", nil
	d.tx, d.next = nil, check.Connect
	d.macros.endMessage()
	d.macros.changed = true
	d.content.reset()
	d.given, d.unwanted, d.pending, d.hold = nil, nil, answer{}, ""
	d.setInMessage(false)
}

func (d *dialogue) setInMessage(in bool) {
	if d.inMessage != in {
		d.inMessage = in
		d.stream.setBusy(in)
	}
}

// transaction opens the message's transaction at first need.
func (d *dialogue) transaction() Transaction {
	if d.tx == nil {
		d.tx = d.server.engine.Open(d.sess)
	}
	return d.tx
}

// advance asks the engine about each stage up to the given one that it was not
// asked about yet, until it refuses. From a connection's second message on,
// that is the client and its HELO again.
func (d *dialogue) advance(ctx context.Context, stage check.Stage) *verdict.Verdict {
	d.learnMacros()
	for d.next <= stage {
		at := d.next
		d.next++
		if v := d.transaction().At(ctx, at); v != nil {
			return v
		}
	}
	return nil
}

// learnMacros brings the session up to what the macros tell.
func (d *dialogue) learnMacros() {
	if !d.macros.changed {
		return
	}
	d.macros.changed = false
	s, m := d.sess, &d.macros
	nameFromMacros(&s.Client, m)
	s.MTAName, s.Daemon, s.QueueID = m.get("j"), m.get("daemon_name"), m.get("i")
	s.User, s.AuthMethod = m.get("auth_authen"), m.get("auth_type")
	s.TLS = nil
	if version := m.get("tls_version"); version != "" {
		s.TLS = &session.TLS{Version: version, Cipher: m.get("cipher"), Bits: m.get("cipher_bits"),
			CertSubject: m.get("cert_subject"), CertIssuer: m.get("cert_issuer")}
	}
	s.ServerIP, _ = addr.ParseIP(m.get("daemon_addr"))
	if port, err := strconv.ParseUint(m.get("daemon_port"), 10, 16); err == nil {
		s.ServerPort = uint16(port)
	}
	d.told = m.all(d.told)
	s.Macros = d.told
}
