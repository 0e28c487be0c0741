// Command postern stands at the gate of a mail server and decides what
// happens to each mail that comes in.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"postern/internal/config"
)

func main() { os.Exit(run(os.Args[1:], standardConsole())) }

// The exit statuses.
const (
	exitDone    = 0
	exitFalse   = 1 // the thing asked about is false
	exitUsage   = 2
	exitNotDone = 3 // it could not be done: input or output, daemon away
)

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the daemon."`
	Scan    scanCommand    `cmd:"" help:"Examine mails in files, directories, Maildirs, mboxes or standard input."`
	Config  configCommand  `cmd:"" help:"Check a configuration file or print the default one."`
	Log     logCommand     `cmd:"" help:"Search the history of decisions."`
	Explain explainCommand `cmd:"" help:"Explain one decision symbol by symbol."`
	Status  statusCommand  `cmd:"" help:"Show what the running daemon does."`
	Version versionCommand `cmd:"" help:"Print version, commit, Go and platform."`
}

// console is where a command reads and writes.
type console struct {
	in  io.Reader
	out *bufio.Writer
	// direct is what out writes to, for what must not wait.
	direct io.Writer
	err    io.Writer
	// style paints what goes to out.
	style style
	// errTerminal tells that a person sees err, so that progress may be shown
	// there; outTerminal the same of out.
	errTerminal, outTerminal bool
}

// standardConsole is the process's own.
func standardConsole() *console {
	out := isTerminal(os.Stdout)
	return &console{
		in: os.Stdin, out: bufio.NewWriterSize(os.Stdout, 64<<10), direct: os.Stdout, err: os.Stderr,
		style:       style{on: out && os.Getenv("NO_COLOR") == ""},
		errTerminal: isTerminal(os.Stderr), outTerminal: out,
	}
}

// errFalse ends a command whose answer is no, said already.
var errFalse = errors.New("false")

// usageError is a command line that makes no sense.
type usageError struct{ error }

// run obeys a command line and gives the exit status.
func run(args []string, c *console) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends us at once
	exited := -1
	parser, err := kong.New(&commands{},
		kong.Name("postern"),
		kong.Description("Postern examines the mail that reaches a mail server, marks or refuses what is spam, and tells why."),
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Vars{"config_default": config.DefaultPath, "data_default": systemDataDir, "data_local": localDataDir},
		kong.Bind(c), kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(c.err, "postern:", err)
		return exitUsage
	}
	command, err := parser.Parse(args)
	switch {
	case exited >= 0: // help was asked for
		err = nil
	case err != nil:
		err = usageError{err}
	default:
		err = command.Run()
	}
	return c.finish(err)
}

// finish writes what is left and turns a command's error into the status.
func (c *console) finish(err error) int {
	if flushErr := c.out.Flush(); err == nil && flushErr != nil && !errors.Is(flushErr, syscall.EPIPE) {
		err = fmt.Errorf("writing output: %w", flushErr)
	}
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFalse):
		return exitFalse
	case errors.As(err, &usage):
		fmt.Fprintf(c.err, "postern: %v\nTry \"postern --help\".\n", usage.error)
		return exitUsage
	case errors.Is(err, syscall.EPIPE):
		return exitDone // nobody reads on; that is no fault
	}
	fmt.Fprintln(c.err, "postern:", err)
	return exitNotDone
}

// writeJSON writes data as one line.
func (c *console) writeJSON(data any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(data)
}
