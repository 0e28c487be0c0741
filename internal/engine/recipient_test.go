package engine

import (
	"slices"
	"testing"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// keeper keeps every outcome.
type keeper struct{ all []Outcome }

func (k *keeper) Record(o *Outcome) { k.all = append(k.all, *o) }

// twoProfiles are settings in which strict@example.net and everybody at
// example.org are rejected early, with a check that finds 6 points.
func twoProfiles() (Settings, Parts) {
	low := 5.0
	s := DefaultSettings()
	s.Profiles = []ProfileOptions{{
		Name: "strict", Recipients: []string{"strict@example.net", "@example.org"}, Actions: ActionOptions{Reject: &low},
	}}
	return s, Parts{Checks: []check.Check{reports("six", check.Message, sym("SIX", "g", 6))}}
}

func TestProfilesPerRecipient(t *testing.T) {
	s, p := twoProfiles()
	ses := outside()
	ses.PerRecipient = true
	o := judge(t, s, p, ses, plain, "b@example.net", "STRICT@example.net", "c@example.org", "d@example.net")
	if len(o.Verdicts) != 2 {
		t.Fatalf("%d verdicts, want 2: %+v", len(o.Verdicts), o.Verdicts)
	}
	general, strict := o.Verdicts[0], o.Verdicts[1]
	if general.Action != verdict.AddHeader || !slices.Equal(general.Recipients, []string{"b@example.net", "d@example.net"}) {
		t.Errorf("general: %q for %v", general.Action, general.Recipients)
	}
	if strict.Action != verdict.Reject || strict.Profile != "strict" || !slices.Equal(strict.Recipients, []string{"STRICT@example.net", "c@example.org"}) {
		t.Errorf("strict: %q for %v by profile %q", strict.Action, strict.Recipients, strict.Profile)
	}
}

func TestSplitDefers(t *testing.T) {
	s, p := twoProfiles()
	kept := new(keeper)
	p.Recorder = kept
	e, err := New(s, p)
	if err != nil {
		t.Fatal(err)
	}
	ses := outside()
	tx := e.Open(ses)
	first := session.Recipient{Address: addr.Address{Local: "strict", Domain: "example.net"}}
	if v := tx.Recipient(t.Context(), &first); v != nil {
		t.Fatalf("the first recipient was refused: %+v", v)
	}
	ses.Recipients = append(ses.Recipients, first)
	other := session.Recipient{Address: addr.Address{Local: "b", Domain: "example.net"}}
	v := tx.Recipient(t.Context(), &other)
	if v == nil || v.Action != verdict.SoftReject || v.Reply.Code != 451 {
		t.Fatalf("the recipient with other settings got %+v, want a 451", v)
	}
	same := session.Recipient{Address: addr.Address{Local: "x", Domain: "example.org"}}
	if v := tx.Recipient(t.Context(), &same); v != nil {
		t.Fatalf("a recipient with the same settings was refused: %+v", v)
	}
	ses.Recipients = append(ses.Recipients, same)
	o := tx.Message(t.Context(), mail(plain))
	if o.Verdict().Action != verdict.Reject || len(o.Verdicts) != 1 {
		t.Errorf("verdicts %+v, want one that rejects", o.Verdicts)
	}
	if len(kept.all) != 2 || kept.all[0].Stage != check.Rcpt || kept.all[0].CaseID == kept.all[1].CaseID {
		t.Errorf("kept %d outcomes, want two cases, the first at rcpt", len(kept.all))
	}
}

func TestSplitSparesTrustedClients(t *testing.T) {
	s, p := twoProfiles()
	ses := outside()
	ses.User = "joe"
	o := judge(t, s, p, ses, plain, "b@example.net", "strict@example.net")
	if len(ses.Recipients) != 2 || o.Verdict().Action != verdict.NoAction {
		t.Errorf("%d recipients accepted, action %q; want 2, no action", len(ses.Recipients), o.Verdict().Action)
	}
}

func TestSplitLenient(t *testing.T) {
	s, p := twoProfiles()
	s.Engine.Split = SplitLenient
	ses := outside()
	o := judge(t, s, p, ses, plain, "strict@example.net", "b@example.net")
	if len(ses.Recipients) != 2 || o.Verdict().Action != verdict.AddHeader {
		t.Errorf("%d recipients accepted, action %q; want 2, the mildest, add header", len(ses.Recipients), o.Verdict().Action)
	}
}

func TestRefusalAtRecipient(t *testing.T) {
	kept := new(keeper)
	p := Parts{
		Checks:   []check.Check{reports("helo", check.Helo, sym("BAD_HELO", "g", 1))},
		Recorder: kept,
		Forced:   map[string]SymbolOptions{"BAD_HELO": {Action: "reject", Reply: "550 5.7.1 go away"}},
	}
	ses := outside()
	s := DefaultSettings()
	e, err := New(s, p)
	if err != nil {
		t.Fatal(err)
	}
	if !e.Wants().Rcpt {
		t.Error("a refusal is possible before the message, but RCPT is not wanted")
	}
	tx := e.Open(ses)
	if v := tx.At(t.Context(), check.Helo); v != nil {
		t.Fatalf("refused at HELO: %+v", v)
	}
	r := session.Recipient{Address: addr.Address{Local: "b", Domain: "example.net"}}
	v := tx.Recipient(t.Context(), &r)
	if v == nil || v.Reply.Code != 550 || v.Reply.Text != "go away (case "+v.CaseID+")" {
		t.Fatalf("the recipient got %+v, want 550 go away", v)
	}
	if len(kept.all) != 1 || kept.all[0].Message != nil {
		t.Errorf("kept %+v, want one outcome without a message", kept.all)
	}
}

func TestNamedProfile(t *testing.T) {
	s, p := twoProfiles()
	ses := outside()
	ses.Profile = "strict"
	if v := judge(t, s, p, ses, plain, "b@example.net").Verdict(); v.Action != verdict.Reject || v.Profile != "strict" {
		t.Errorf("action %q by profile %q, want reject by strict", v.Action, v.Profile)
	}
	ses = outside()
	ses.Profile = "nobody"
	if v := judge(t, s, p, ses, plain, "b@example.net").Verdict(); v.Action != verdict.AddHeader {
		t.Errorf("an unknown profile leads to %q, want the general settings", v.Action)
	}
}
