package message

import (
	"strings"
	"time"
)

// ParseDate understands a date as mail has it: RFC 5322 section 3.3 with its
// obsolete forms, RFC 850, asctime, date(1) and ISO 8601 forms, with comments,
// missing seconds, two-digit years, any case, wrong weekdays, and zones by
// number or name. ok is false when day, month, year or time is missing or
// cannot be. Without a zone, or with one nobody knows, it is UTC.
func ParseDate(s string) (t time.Time, ok bool) {
	var d dateScan
	d.text = s
	for d.pos < len(d.text) {
		d.step()
	}
	return d.time()
}

// dateScan collects the pieces of a date.
type dateScan struct {
	text  string
	pos   int
	month int // by name; 0 for none
	// nums are the numbers besides time and zone, digits their lengths.
	nums, digits     [3]int
	count            int
	slash            bool // numbers were joined by slashes
	hour, minute     int
	second, nano     int
	hasTime, hasZone bool
	offset           int // of the zone in seconds east
	pm, am, bad      bool
}

// step reads one token.
func (d *dateScan) step() {
	switch c := d.text[d.pos]; {
	case c == '(':
		d.pos = commentEnd(d.text, d.pos)
	case c == ';': // the date of a Received field is the last piece
		*d = dateScan{text: d.text, pos: d.pos + 1}
	case c >= '0' && c <= '9':
		d.number()
	case isLetter(c):
		d.word()
	case (c == '+' || c == '-') && d.hasTime && !d.hasZone:
		d.zone()
	default:
		d.slash = d.slash || c == '/'
		d.pos++
	}
}

// isLetter tells whether c is an ASCII letter.
func isLetter(c byte) bool { return lowerByte(c) >= 'a' && lowerByte(c) <= 'z' }

// run reads digits and gives their value and number.
func (d *dateScan) run() (value, n int) {
	for d.pos < len(d.text) && d.text[d.pos] >= '0' && d.text[d.pos] <= '9' {
		if n < 9 {
			value = value*10 + int(d.text[d.pos]-'0')
		}
		d.pos++
		n++
	}
	return value, n
}

// next tells whether byte c stands at the position and a digit after it.
func (d *dateScan) next(c byte) bool {
	return d.pos+1 < len(d.text) && d.text[d.pos] == c && d.text[d.pos+1] >= '0' && d.text[d.pos+1] <= '9'
}

// skip passes blanks and comments, which may stand within a time by the
// obsolete syntax (RFC 5322 section 4.3).
func (d *dateScan) skip() {
	for d.pos < len(d.text) {
		switch c := d.text[d.pos]; {
		case c == '(':
			d.pos = commentEnd(d.text, d.pos)
		case isBlank(c):
			d.pos++
		default:
			return
		}
	}
}

// colon passes what may stand before a colon if one comes with a digit after
// it; otherwise it stays where it is.
func (d *dateScan) colon() bool {
	if d.next(':') {
		return true
	}
	if d.pos >= len(d.text) || !isBlank(d.text[d.pos]) && d.text[d.pos] != '(' && d.text[d.pos] != ':' {
		return false
	}
	before := d.pos
	d.skip()
	colon := d.pos
	if d.pos < len(d.text) && d.text[d.pos] == ':' {
		d.pos++
		d.skip()
		if d.pos < len(d.text) && d.text[d.pos] >= '0' && d.text[d.pos] <= '9' {
			d.pos = colon
			return true
		}
	}
	d.pos = before
	return false
}

// number reads a number: the hour of a time, or a day, month or year.
func (d *dateScan) number() {
	value, n := d.run()
	full := d.count == 3 || d.count == 2 && d.month != 0
	switch {
	case !d.hasTime && (d.colon() || full && d.next('.')):
		d.clock(value, d.text[d.pos])
	case full && d.hasTime && !d.hasZone && n == 4: // a zone without its sign
		d.offset, d.hasZone = (value/100*60+value%100)*60, true
	case full || d.count == 3 || n > 4:
		// nothing a date has
	default:
		d.nums[d.count], d.digits[d.count] = value, n
		d.count++
	}
}

// clock reads the rest of a time of which the hour was read.
func (d *dateScan) clock(hour int, separator byte) {
	d.hasTime, d.hour = true, hour
	d.pos++
	d.skip()
	d.minute, _ = d.run()
	if separator == ':' && d.colon() || d.next(separator) {
		d.pos++
		d.skip()
		d.second, _ = d.run()
	}
	if d.next('.') {
		d.pos++
		value, n := d.run()
		for ; n < 9; n++ {
			value *= 10
		}
		d.nano = value
	}
	d.bad = d.hour > 23 || d.minute > 59 || d.second > 60
}

// zone reads a zone by number: +hhmm, and +hh:mm, +hh, +h, +hmm.
func (d *dateScan) zone() {
	sign := 1
	for d.pos < len(d.text) && (d.text[d.pos] == '+' || d.text[d.pos] == '-') {
		if d.text[d.pos] == '-' {
			sign = -1
		}
		d.pos++
	}
	value, n := d.run()
	hours, minutes := value/100, value%100
	if n > 0 && n < 3 {
		hours, minutes = value, 0
		if d.next(':') {
			d.pos++
			minutes, _ = d.run()
		}
	}
	if n == 0 {
		return
	}
	d.hasZone = true
	if n <= 4 && hours < 24 && minutes < 60 {
		d.offset = sign * (hours*60 + minutes) * 60
	}
}

// word reads a name: of a month, a weekday, a zone, AM or PM.
func (d *dateScan) word() {
	start := d.pos
	for d.pos < len(d.text) && isLetter(d.text[d.pos]) {
		d.pos++
	}
	name := d.text[start:d.pos]
	if m := monthNumber(name); m > 0 && d.month == 0 {
		d.month = m
		return
	}
	if !d.hasTime {
		return
	}
	switch strings.ToUpper(name) {
	case "AM":
		d.am = true
	case "PM":
		d.pm = true
	default:
		d.namedZone(name)
	}
}

// namedZone takes the zone of that name. A number after it is the difference
// from it, as in GMT+0200; other letters and digits (EST5EDT) are passed over.
func (d *dateScan) namedZone(name string) {
	if d.hasZone {
		return
	}
	hours, known := zoneOffset(name)
	if !known {
		return
	}
	if d.next('+') || d.next('-') {
		d.zone()
		return
	}
	for d.pos < len(d.text) && (isLetter(d.text[d.pos]) || d.text[d.pos] >= '0' && d.text[d.pos] <= '9') {
		d.pos++
	}
	d.offset, d.hasZone = int(hours*3600), true
}

// time puts the pieces together.
func (d *dateScan) time() (t time.Time, ok bool) {
	year, month, day, ok := d.date()
	if !ok || !d.hasTime || d.bad {
		return time.Time{}, false
	}
	if d.pm && d.hour < 12 {
		d.hour += 12
	} else if d.am && d.hour == 12 {
		d.hour = 0
	}
	zone := time.UTC
	if d.offset != 0 {
		zone = time.FixedZone("", d.offset)
	}
	t = time.Date(year, time.Month(month), day, d.hour, d.minute, d.second, d.nano, zone)
	if last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); day > last {
		return time.Time{}, false
	}
	return t, true
}

// date tells day, month and year apart.
func (d *dateScan) date() (year, month, day int, ok bool) {
	n, digits := d.nums, d.digits
	var yearDigits int
	switch {
	case d.month != 0 && d.count >= 2:
		month, day, year, yearDigits = d.month, n[0], n[1], digits[1]
		if digits[0] > 3 || n[0] > 31 {
			year, day, yearDigits = n[0], n[1], digits[0]
		}
	case d.month == 0 && d.count == 3 && digits[0] > 2:
		year, month, day, yearDigits = n[0], n[1], n[2], digits[0]
	case d.month == 0 && d.count == 3:
		day, month, year, yearDigits = n[0], n[1], n[2], digits[2]
		if d.slash && n[0] <= 12 || month > 12 && n[0] <= 12 { // 12/31/2003
			day, month = month, day
		}
	default:
		return 0, 0, 0, false
	}
	switch { // RFC 5322 section 4.3
	case yearDigits <= 2 && year < 50:
		year += 2000
	case yearDigits <= 3:
		year += 1900
	}
	return year, month, day, year >= 1900 && month >= 1 && month <= 12 && day >= 1
}

// monthNumber gives the number of a month named by three letters or more; 0
// for another word.
func monthNumber(name string) int {
	if len(name) < 3 || len(name) > 9 {
		return 0
	}
	const months = "JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember"
	var starts = [...]int{0, 7, 15, 20, 25, 28, 32, 36, 42, 51, 58, 66, len(months)}
	for i := 0; i < 12; i++ {
		full := months[starts[i]:starts[i+1]]
		if len(name) <= len(full) && strings.EqualFold(name, full[:len(name)]) {
			return i + 1
		}
	}
	return 0
}

// zoneOffset gives the hours east of Greenwich of a zone's name. The single
// letters of RFC 822 were defined the wrong way round and mean UTC (RFC 5322
// section 4.3).
func zoneOffset(name string) (hours float64, known bool) {
	if len(name) == 1 {
		return 0, lowerByte(name[0]) != 'j' && lowerByte(name[0]) != 't'
	}
	hours, known = zoneHours[strings.ToUpper(name)]
	return hours, known
}

// zoneHours are the zones of RFC 5322 section 4.3 and others seen in mail, as
// hours east of Greenwich. Of names that several countries use it is the one
// mail has most.
var zoneHours = map[string]float64{
	"UT": 0, "GMT": 0, "UTC": 0, "WET": 0,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"AKST": -9, "AKDT": -8, "HST": -10, "HDT": -9, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
	"BRT": -3, "BRST": -2, "ART": -3, "CLT": -4, "CLST": -3, "COT": -5, "PET": -5, "VET": -4,
	"BST": 1, "WEST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "METDST": 2, "MDST": 2, "SAST": 2,
	"EET": 2, "EEST": 3, "MSK": 3, "MSD": 4, "EAT": 3, "IRST": 3.5, "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75,
	"ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9,
	"ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "NZT": 12,
}
