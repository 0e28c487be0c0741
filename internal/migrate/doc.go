// Package migrate reads the configuration of a mail server that stops spam
// with Postfix's restrictions and the daemons around it (postgrey, gld,
// sqlgrey, SPF policy services) and writes a postern.toml that does the same.
//
// main.cf is read as postconf(5) says: logical lines, $name expansion, the
// last setting of a name wins, "-o" of master.cf(5) before all. Every setting
// has one fate: it is translated, it has no counterpart for a reason that is
// told, or it is none of Postern's business. Nothing is guessed: what is lost
// or odd in the source is reported with its file and line.
package migrate
