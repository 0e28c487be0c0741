package dmarc

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"postern/internal/message"
)

// ReadLimits bounds what is read of one file with reports. Strangers send
// them.
type ReadLimits struct {
	// Size is the greatest number of octets of all XML in it, unpacked.
	Size int64
	// Rows is the greatest number of records of one report.
	Rows int
	// Reports is the greatest number of reports in one archive or mail.
	Reports int
}

// DefaultReadLimits lets the reports of the largest receivers through.
func DefaultReadLimits() ReadLimits {
	return ReadLimits{Size: 64 << 20, Rows: 200_000, Reports: 100}
}

// ErrTooLarge says that there is more than is read.
var ErrTooLarge = errors.New("larger than what is read")

// ErrNoReport says that there is no aggregate report in a file.
var ErrNoReport = errors.New("no aggregate report in it: expected XML, .gz, .zip or a mail with one of these")

// reading is the work on one file.
type reading struct {
	limits ReadLimits
	// left counts the octets that may still be unpacked.
	left int64
	// entries counts the records' entries: each takes more memory than it has
	// octets.
	entries int
	reports []*Feedback
}

// entriesPerRow bounds, with ReadLimits.Rows, the results in all reports.
const entriesPerRow = 8

// maxNesting bounds packings within one another: a mail with an archive with a
// packed file.
const maxNesting = 3

// ReadReports reads the aggregate reports in a file: XML as it is or packed by
// gzip or zip, or a mail with such attachments. What comes with them and is
// something else is passed over. With an error come the reports that could be
// read before it.
func ReadReports(data []byte, limits ReadLimits) ([]*Feedback, error) {
	r := reading{limits: limits, left: limits.Size}
	err := r.open(data, maxNesting)
	if err == nil && len(r.reports) == 0 {
		err = ErrNoReport
	}
	if err != nil {
		return r.reports, fmt.Errorf("reading aggregate reports: %w", err)
	}
	return r.reports, nil
}

// open tells by its first octets what something is.
func (r *reading) open(data []byte, depth int) error {
	if depth == 0 {
		return fmt.Errorf("packed more than %d times: %w", maxNesting, ErrNoReport)
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return r.gunzip(data, depth)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return r.unzip(data, depth)
	case bytes.HasPrefix(start, []byte("<")):
		return r.xml(start)
	case depth == maxNesting:
		return r.mail(data)
	}
	return ErrNoReport
}

// unpack reads what is packed, within the bounds.
func (r *reading) unpack(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, r.left+1))
	if r.left -= int64(len(data)); r.left < 0 {
		return nil, fmt.Errorf("unpacked more than %d octets: %w", r.limits.Size, ErrTooLarge)
	}
	return data, err
}

func (r *reading) gunzip(data []byte, depth int) error {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("unpacking gzip: %w", err)
	}
	plain, err := r.unpack(z)
	if err != nil {
		return fmt.Errorf("unpacking gzip: %w", err)
	}
	return r.open(plain, depth-1)
}

func (r *reading) unzip(data []byte, depth int) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("unpacking zip: %w", err)
	}
	if len(z.File) > r.limits.Reports {
		return fmt.Errorf("an archive of %d files: %w", len(z.File), ErrTooLarge)
	}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		member, err := f.Open()
		if err != nil {
			return fmt.Errorf("unpacking %.60q: %w", f.Name, err)
		}
		plain, err := r.unpack(member)
		if closed := member.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return fmt.Errorf("unpacking %.60q: %w", f.Name, err)
		}
		if err := r.open(plain, depth-1); err != nil && !errors.Is(err, ErrNoReport) {
			return err
		}
	}
	return nil
}

// mail reads the attachments of a mail.
func (r *reading) mail(data []byte) error {
	m := message.Parse(data, message.DefaultLimits())
	for _, p := range m.Parts() {
		if len(p.Children()) > 0 || p.Is("text/plain") || p.Is("text/html") {
			continue
		}
		if err := r.open(p.Decoded(), maxNesting-1); err != nil && !errors.Is(err, ErrNoReport) {
			return err
		}
	}
	return nil
}

// xml reads one report, record by record.
func (r *reading) xml(data []byte) error {
	if len(r.reports) == r.limits.Reports {
		return fmt.Errorf("more than %d reports: %w", r.limits.Reports, ErrTooLarge)
	}
	if int64(len(data)) > r.limits.Size {
		return fmt.Errorf("%d octets of XML: %w", len(data), ErrTooLarge)
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = charsetReader
	root, err := nextStart(d)
	if err != nil || root == nil {
		return at(d, cmpErr(err, ErrNoReport))
	}
	if root.Name.Local != "feedback" {
		return fmt.Errorf("the XML is a <%.40s>: %w", root.Name.Local, ErrNoReport)
	}
	f := &Feedback{XMLName: root.Name}
	for {
		e, err := nextStart(d)
		if err != nil {
			return at(d, err)
		}
		if e == nil {
			break
		}
		if err := r.element(d, e, f); err != nil {
			return at(d, err)
		}
	}
	f.normalise()
	r.reports = append(r.reports, f)
	return nil
}

// element reads one element below the root.
func (r *reading) element(d *xml.Decoder, e *xml.StartElement, f *Feedback) error {
	switch e.Name.Local {
	case "version":
		return d.DecodeElement(&f.Version, e)
	case "report_metadata":
		return d.DecodeElement(&f.Metadata, e)
	case "policy_published":
		return d.DecodeElement(&f.Published, e)
	case "record":
		if len(f.Rows) == r.limits.Rows {
			return fmt.Errorf("more than %d records: %w", r.limits.Rows, ErrTooLarge)
		}
		var row Row
		if err := d.DecodeElement(&row, e); err != nil {
			return err
		}
		r.entries += len(row.Reasons) + len(row.Signatures) + len(row.Senders)
		if r.entries > entriesPerRow*r.limits.Rows {
			return fmt.Errorf("more than %d results: %w", entriesPerRow*r.limits.Rows, ErrTooLarge)
		}
		f.Rows = append(f.Rows, row)
		return nil
	}
	return d.Skip()
}

// nextStart gives the next element that begins, nil where the one around it
// ends.
func nextStart(d *xml.Decoder) (*xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			return &e, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// at tells where in the XML an error is.
func at(d *xml.Decoder, err error) error {
	if errors.Is(err, ErrNoReport) {
		return err
	}
	line, column := d.InputPos()
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// charsetReader reads XML in the encoding that it declares.
func charsetReader(name string, in io.Reader) (io.Reader, error) {
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("unknown encoding %.40q", name)
	}
	return enc.NewDecoder().Reader(in), nil
}

// normalise takes blanks off the texts and brings words that are compared to
// lower case.
func (f *Feedback) normalise() {
	trim(&f.Version, &f.Metadata.OrgName, &f.Metadata.Email, &f.Metadata.Contact, &f.Metadata.ReportID, &f.Metadata.Generator)
	p := &f.Published
	lower(&p.Domain, &p.Discovery, &p.Policy, &p.Sub, &p.Missing, &p.DKIM, &p.SPF, &p.Failure, &p.Testing, &p.Percent)
	for i := range f.Rows {
		r := &f.Rows[i]
		lower(&r.Disposition, &r.DKIM, &r.SPF, &r.EnvelopeTo, &r.EnvelopeFrom, &r.HeaderFrom)
		for j := range r.Reasons {
			lower(&r.Reasons[j].Type)
			trim(&r.Reasons[j].Comment)
		}
		for j := range r.Signatures {
			s := &r.Signatures[j]
			lower(&s.Domain, &s.Result)
			trim(&s.Selector, &s.Human)
		}
		for j := range r.Senders {
			s := &r.Senders[j]
			lower(&s.Domain, &s.Scope, &s.Result)
			trim(&s.Human)
		}
	}
}

func trim(texts ...*string) {
	for _, t := range texts {
		*t = strings.TrimSpace(*t)
	}
}

func lower(texts ...*string) {
	for _, t := range texts {
		*t = strings.ToLower(strings.TrimSpace(*t))
	}
}
