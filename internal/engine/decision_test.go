package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// decider is a check of a stage that decides for recipients whose local part
// is that of the symbol's decision, and asks for a change for each.
func decider(stage check.Stage, decisions map[string]check.Decision) check.Check {
	info := check.Info{Name: "lists", Stage: stage, Decides: true, Early: stage < check.Rcpt, Trusted: true}
	info.Symbols = []verdict.Symbol{sym("LISTED", "g", 2)}
	return check.New(info, func(_ context.Context, tx *check.Transaction, out *check.Report) error {
		who := ""
		if tx.Recipient != nil {
			who = tx.Recipient.Address.Local
		}
		if d, ok := decisions[who]; ok {
			out.Decide("LISTED", d, "list item 1")
		}
		out.Change(verdict.Change{Op: verdict.Prepend, Name: "X-For", Value: who})
		return nil
	})
}

var refusal = check.Decision{Action: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "no"}}

// rcpts asks a transaction about recipients at example.net and adds those it
// accepts.
func rcpts(t *testing.T, tx *Transaction, names ...string) (refused []*verdict.Verdict) {
	t.Helper()
	for _, name := range names {
		r := session.Recipient{Address: addr.Address{Local: name, Domain: "example.net"}}
		if v := tx.Recipient(t.Context(), &r); v != nil {
			refused = append(refused, v)
			continue
		}
		tx.session.Recipients = append(tx.session.Recipients, r)
	}
	return refused
}

func TestDecisionAtRecipient(t *testing.T) {
	later := check.Decision{Action: verdict.Greylist, Reply: verdict.Reply{Code: 450, Enhanced: "4.2.0", Text: "Greylisted"}}
	yes, action, reply := true, "soft reject", "450 4.1.1 ours"
	tests := []struct {
		name     string
		decision check.Decision
		symbol   SymbolOptions
		want     string // "" for accepted
		observed verdict.Action
	}{
		{"reject", refusal, SymbolOptions{}, "550 5.7.1 no", verdict.Reject},
		{"greylist", later, SymbolOptions{}, "450 4.2.0 Greylisted", verdict.Greylist},
		{"usual reply", check.Decision{Action: verdict.Reject}, SymbolOptions{}, "554 5.7.1 Spam message rejected", verdict.Reject},
		{"observed", refusal, SymbolOptions{Observe: &yes}, "", verdict.Reject},
		{"administrator's action", refusal, SymbolOptions{Action: action, Reply: reply}, reply, verdict.SoftReject},
		{"administrator lets it go", refusal, SymbolOptions{Action: "no action"}, "", verdict.NoAction},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := DefaultSettings()
			s.Symbols = map[string]SymbolOptions{"LISTED": tt.symbol}
			e, err := New(s, Parts{Checks: []check.Check{decider(check.Rcpt, map[string]check.Decision{"bad": tt.decision})}})
			if err != nil {
				t.Fatal(err)
			}
			tx := e.Open(outside())
			refused := rcpts(t, tx, "good", "bad")
			if tt.want == "" {
				if len(refused) != 0 {
					t.Fatalf("refused: %+v", refused[0])
				}
				tx.session.PerRecipient = true
				o := tx.Message(t.Context(), mail(plain))
				last := o.Verdicts[len(o.Verdicts)-1]
				if last.Action != verdict.NoAction || last.Observed != tt.observed {
					t.Errorf("action %q, unobserved %q, want no action and %q", last.Action, last.Observed, tt.observed)
				}
				return
			}
			if len(refused) != 1 || !strings.HasPrefix(refused[0].Reply.String(), tt.want) || refused[0].Forced != "LISTED" {
				t.Fatalf("refused %+v, want %q", refused, tt.want)
			}
			if !strings.HasSuffix(refused[0].Reply.Text, "(case "+refused[0].CaseID+")") {
				t.Errorf("reply %q does not name the case", refused[0].Reply)
			}
		})
	}
}

// TestDecisionNow wants a refusal before a recipient is named only where the
// check says so.
func TestDecisionNow(t *testing.T) {
	for _, now := range []bool{false, true} {
		d := refusal
		d.Now = now
		kept := new(keeper)
		e, err := New(DefaultSettings(), Parts{Checks: []check.Check{decider(check.Helo, map[string]check.Decision{"": d})}, Recorder: kept})
		if err != nil {
			t.Fatal(err)
		}
		if !e.Wants().Early {
			t.Error("the engine does not tell that it may refuse early")
		}
		tx := e.Open(outside())
		v := tx.At(t.Context(), check.Helo)
		if (v != nil) != now || now && (len(kept.all) != 1 || kept.all[0].Stage != check.Helo) {
			t.Errorf("now=%v: verdict %+v, %d outcomes kept", now, v, len(kept.all))
		}
		if refused := rcpts(t, tx, "good"); len(refused) != 1 || refused[0].Reply.Code != 550 {
			t.Errorf("now=%v: the recipient was not refused: %+v", now, refused)
		}
	}
}

// TestDiscard wants mail dropped as a whole when a list says so for one
// recipient, and the client told that all is well.
func TestDiscard(t *testing.T) {
	drop := check.Decision{Action: verdict.Discard}
	e, err := New(DefaultSettings(), Parts{Checks: []check.Check{decider(check.Rcpt, map[string]check.Decision{"bad": drop})}})
	if err != nil {
		t.Fatal(err)
	}
	tx := e.Open(outside())
	if refused := rcpts(t, tx, "bad", "good"); len(refused) != 0 {
		t.Fatalf("refused: %+v", refused[0])
	}
	for _, v := range tx.Message(t.Context(), mail(plain)).Verdicts {
		if v.Action != verdict.Discard {
			t.Errorf("action for %v is %q", v.Recipients, v.Action)
		}
	}
}

// TestChanges wants what was asked for refused recipients forgotten, the rest
// on every verdict, and trusted clients served too.
func TestChanges(t *testing.T) {
	e, err := New(DefaultSettings(), Parts{Checks: []check.Check{decider(check.Rcpt, map[string]check.Decision{"bad": refusal})}})
	if err != nil {
		t.Fatal(err)
	}
	for name, ses := range map[string]*session.Session{"outside": outside(), "trusted": {User: "alice"}} {
		tx := e.Open(ses)
		if refused := rcpts(t, tx, "a", "bad", "b"); len(refused) != 1 {
			t.Fatalf("%s: %d recipients refused, want 1", name, len(refused))
		}
		got := tx.Message(t.Context(), mail(plain)).Verdict().Changes
		want := []verdict.Change{{Op: verdict.Prepend, Name: "X-For", Value: "a"}, {Op: verdict.Prepend, Name: "X-For", Value: "b"}}
		if !slices.Equal(got, want) {
			t.Errorf("%s: changes %v, want %v", name, got, want)
		}
	}
}
