// Package message parses one mail in one pass over the received bytes,
// without copying them: header fields, the MIME tree, text, links and
// attachments. Parsing never fails. What is broken becomes a Defect with its
// place, and what mail readers would show in spite of it is found anyway.
package message
