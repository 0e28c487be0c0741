package milter

import "postern/internal/verdict"

// change carries out what tables and policies asked for besides a verdict:
// access(5) PREPEND, REDIRECT, BCC and HOLD. What the mail server does not
// offer is left out and logged.
func (d *dialogue) change(v *verdict.Verdict) {
	for _, c := range v.Changes {
		if !d.changeOne(c) {
			d.log.Warn("cannot change a message as a table asks: the mail server does not offer it",
				"case", v.CaseID, "queue_id", d.sess.QueueID, "change", c.Op.String(), "value", c.Value)
		}
	}
}

// changeOne carries out one change, and tells whether it could be.
func (d *dialogue) changeOne(c verdict.Change) bool {
	switch c.Op {
	case verdict.Prepend:
		return d.changeHeader(verdict.HeaderChange{Op: verdict.InsertHeaderField, Name: c.Name, Value: c.Value})
	case verdict.AddRecipient:
		return d.addRecipient(c.Value, "")
	case verdict.Redirect:
		return d.redirect(c.Value)
	case verdict.Hold:
		if d.hold == "" {
			d.hold = oneLine(c.Value)
		}
		if d.hold == "" {
			d.hold = "held by an access table"
		}
	}
	return true
}

// redirect puts one recipient in the place of all others.
func (d *dialogue) redirect(address string) bool {
	if !d.agreed.may(actDeleteRcpt) || !d.addRecipient(address, "") {
		return false
	}
	for _, r := range d.given {
		d.deleteRecipient(r)
	}
	d.given = nil
	return true
}
