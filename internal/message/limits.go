package message

// Limits bounds everything that grows while a message is parsed. What goes
// beyond is left out, with a Defect that says so.
type Limits struct {
	HeaderFields  int // header fields of one part
	HeaderBytes   int // bytes of one header
	FieldBytes    int // bytes of one field that are decoded
	Parts         int // parts in the whole tree
	Depth         int // nesting of parts
	DecodedBytes  int // decoded bytes of all parts together
	TextBytes     int // bytes of one text turned into UTF-8 and examined
	Links         int // links of the whole message
	Addresses     int // mailboxes of one field
	Defects       int // defects kept
	HTMLTokens    int // tokens of one HTML text
	Received      int // trace fields parsed
	ParamsPerPart int // parameters of one Content-Type or Content-Disposition
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
