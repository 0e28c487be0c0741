package message

import (
	"errors"

	"postern/internal/unit"
)

// Limits bounds everything that grows while a message is parsed. What goes
// beyond is left out, with a Defect that says so.
type Limits struct {
	// HeaderFields is how many header fields of one part are kept.
	HeaderFields int `toml:"header_fields"`
	// HeaderBytes is how many bytes of one header are examined.
	HeaderBytes int `toml:"header_bytes"`
	// FieldBytes is how many bytes of one header field are decoded.
	FieldBytes int `toml:"field_bytes"`
	// Parts is how many MIME parts of one message are examined.
	Parts int `toml:"parts"`
	// Depth is how deep MIME parts may be nested.
	Depth int `toml:"depth"`
	// DecodedBytes is how many bytes of all parts together are decoded.
	DecodedBytes int `toml:"decoded_bytes"`
	// TextBytes is how many bytes of one text are turned into UTF-8 and
	// examined.
	TextBytes int `toml:"text_bytes"`
	// Links is how many links of one message are kept.
	Links int `toml:"links"`
	// Addresses is how many mailboxes of one header field are parsed.
	Addresses int `toml:"addresses"`
	// Defects is how many defects of one message are kept.
	Defects int `toml:"defects"`
	// HTMLTokens is how many tokens of one HTML text are examined.
	HTMLTokens int `toml:"html_tokens"`
	// Received is how many trace fields are parsed.
	Received int `toml:"received"`
	// ParamsPerPart is how many parameters of one Content-Type or
	// Content-Disposition are parsed.
	ParamsPerPart int `toml:"params_per_part"`
}

// Validate reports bounds that are not positive.
func (l Limits) Validate() error {
	bounds := []struct {
		key   string
		value int
	}{
		{"header_fields", l.HeaderFields}, {"header_bytes", l.HeaderBytes},
		{"field_bytes", l.FieldBytes}, {"parts", l.Parts}, {"depth", l.Depth},
		{"decoded_bytes", l.DecodedBytes}, {"text_bytes", l.TextBytes},
		{"links", l.Links}, {"addresses", l.Addresses}, {"defects", l.Defects},
		{"html_tokens", l.HTMLTokens}, {"received", l.Received},
		{"params_per_part", l.ParamsPerPart},
	}
	var errs []error
	for _, b := range bounds {
		if b.value < 1 {
			errs = append(errs, unit.BadKey(b.key, "must be at least 1"))
		}
	}
	return errors.Join(errs...)
}

// DefaultLimits are generous for real mail and bearable for a server.
func DefaultLimits() Limits {
	return Limits{
		HeaderFields: 2000, HeaderBytes: 1 << 20, FieldBytes: 64 << 10,
		Parts: 1000, Depth: 50, DecodedBytes: 64 << 20, TextBytes: 2 << 20,
		Links: 2000, Addresses: 2000, Defects: 500, HTMLTokens: 200_000,
		Received: 100, ParamsPerPart: 64,
	}
}
