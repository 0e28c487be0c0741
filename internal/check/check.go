// Package check says what a check is: a name, the stage it runs at, the
// symbols it may report and one method that looks at a transaction and
// reports what it found. Checks never know one another; they meet through
// their findings.
package check

import (
	"context"
	"fmt"
	"time"

	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Stage is a moment in the life of a transaction at which checks run.
type Stage uint8

// The stages in the order in which they come.
const (
	Connect Stage = iota
	Helo
	Mail
	// Rcpt comes once for each recipient.
	Rcpt
	// Data comes when all recipients are known.
	Data
	// Header comes when the header is known and the body may not be.
	Header
	// Message comes at the end of data.
	Message

	stageCount
)

// StageCount is the number of stages: for arrays indexed by Stage.
const StageCount = int(stageCount)

var stageNames = [StageCount]string{"connect", "helo", "mail", "rcpt", "data", "header", "message"}

// String gives the stage's name, such as "rcpt".
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return fmt.Sprintf("stage(%d)", uint8(s))
}

// Info is what a check declares about itself.
type Info struct {
	// Name of the check, lower case with underscores.
	Name string
	// Stage is the earliest stage at which it can run.
	Stage Stage
	// Symbols it may report; reporting another one is a bug that tests find.
	Symbols []verdict.Symbol
	// Waits says that the check asks somebody (DNS, a daemon, the store):
	// such checks run at the same time under the stage's deadline. Others
	// only compute and run one after the other in the caller's goroutine.
	Waits bool
	// Trusted says that the check also runs for authenticated and local
	// clients, whose mail is otherwise not scored.
	Trusted bool
	// Decides says that the check may decide by itself what happens
	// (Report.Decide), and Early that it may do so before a recipient is
	// named (Decision.Now): doors must be able to answer then.
	Decides, Early bool
	// Door is the only door whose mail it looks at; "" for all.
	Door string
}

// Transaction is what a check looks at. It must not be changed, nor kept
// after Run returns.
type Transaction struct {
	// Session is never nil.
	Session *session.Session
	// Message is nil before the header stage; at the header stage its body
	// may be missing.
	Message *message.Message
	// Recipient is the one in question at the rcpt stage, otherwise nil.
	Recipient *session.Recipient
	// Trusted tells that the client's mail is not scored.
	Trusted bool
	// Memory keeps what a check wants to know again at a later stage.
	Memory *Memory
	// Now is the time of the transaction.
	Now time.Time
}

// Check examines a transaction.
type Check interface {
	// Info is called once, when the engine is built.
	Info() Info
	// Run reports findings. An error means "could not find out"; the engine
	// reports it as such, and never as clean. Run must honour ctx when it
	// waits, and must be safe for use by several goroutines.
	Run(ctx context.Context, tx *Transaction, out *Report) error
}

// Func is the method of a check.
type Func func(ctx context.Context, tx *Transaction, out *Report) error

// New makes a check of what it declares and a function.
func New(info Info, run Func) Check { return &plain{info, run} }

type plain struct {
	info Info
	run  Func
}

func (p *plain) Info() Info { return p.info }

func (p *plain) Run(ctx context.Context, tx *Transaction, out *Report) error {
	return p.run(ctx, tx, out)
}
