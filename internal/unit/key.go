package unit

import "fmt"

// KeyError says which key of a configuration section is wrong and why. The
// Validate method of a room's Options returns one for each fault, joined by
// errors.Join, so that the configuration can show every fault at its place.
type KeyError struct {
	// Key within the section, as it is written in the file: "listen",
	// "networks[1]" for the second of a list, "tls.certificate" for a key of
	// a table within.
	Key string
	// Reason in words that follow the key, such as "must be at least 1".
	Reason string
}

// BadKey makes a KeyError; the reason is formatted as by fmt.Sprintf.
func BadKey(key, format string, args ...any) error {
	return &KeyError{Key: key, Reason: fmt.Sprintf(format, args...)}
}

// Error gives the key and the reason.
func (e *KeyError) Error() string { return e.Key + ": " + e.Reason }
