package message

// HTML is what was found in one HTML text.
type HTML struct {
	// Visible is the text a reader sees; Hidden what stands in the document
	// but is not seen (display:none, zero font, same colour, off screen,
	// title, comments left out).
	Visible, Hidden string
	// Title is the text of <title>.
	Title string
	// Links of this document in order; Images, Forms likewise.
	Links  []Link
	Images []Image
	Forms  []Form
	// The following count elements by the trick they use to hide text that
	// has at least one letter or digit.
	HiddenDisplay, ZeroFont, TinyFont, LowContrast, OffScreen int
	// ExternalCSS and MetaRefresh hold the addresses those elements name;
	// BaseHref that of <base>.
	ExternalCSS, MetaRefresh []string
	BaseHref                 string
	// Scripts, Frames (iframe, frame, object, embed) and DataURIs are counts.
	Scripts, Frames, DataURIs int
	// Tags counts elements by name in lower case.
	Tags map[string]int
	cut  bool // there were too many tokens
	// Unbalanced counts end tags without a start and the other way round.
	Unbalanced int
}

// Image is an img element.
type Image struct {
	Src, Alt      string
	Width, Height int // in pixels; -1 when not declared
	Hidden        bool
	Linked        bool // within an anchor
}

// Form is a form element.
type Form struct {
	Action   string
	Method   string
	Inputs   int
	Password bool // has an input of type password
}
