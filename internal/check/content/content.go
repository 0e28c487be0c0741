// Package content holds the checks on the message itself: header fields, the
// MIME structure, texts, HTML, attachments and the marks of the program that
// made it. They only look at what was received and ask nobody.
//
// Files about header fields begin with header_, those about other matters
// with its name. A check is one file: what it declares, and a function that
// reports. Scores are rspamd's where the symbol is rspamd's, save where a
// comment beside the score says why not; no single score reaches the junk
// threshold of 6.
package content
