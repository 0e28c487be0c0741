package authres

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the value of an Authentication-Results field, or what follows
// the instance of an ARC-Authentication-Results. The results that could be
// read are given even with an error, which says what is wrong with the others:
// large senders write some that the grammar does not allow. Without a server's
// name there is no header.
func Parse(value string) (*Header, error) {
	if len(value) > maxValue {
		return nil, fmt.Errorf("reading results: longer than %d octets", maxValue)
	}
	s := &scanner{s: value}
	h, err := parseServer(s)
	if err != nil {
		return nil, fmt.Errorf("reading results: %w", err)
	}
	var faults []error
	for !s.end() {
		r, err := parseResult(s)
		switch {
		case err != nil:
			if len(faults) < maxFaults {
				faults = append(faults, fmt.Errorf("reading results of %q: %w", h.Server, err))
			}
			s.skipResult()
		case r != nil && len(h.Results) == maxResults:
			return h, errors.Join(append(faults, fmt.Errorf("reading results of %q: more than %d", h.Server, maxResults))...)
		case r != nil:
			h.Results = append(h.Results, *r)
		}
	}
	return h, errors.Join(faults...)
}

// parseServer reads the name of the server, and the version.
func parseServer(s *scanner) (*Header, error) {
	h := &Header{Version: 1}
	var err error
	if h.Server, err = s.value(isToken); err != nil {
		return nil, err
	}
	if h.Server == "" {
		return nil, fmt.Errorf("no server's name but %s", s.rest())
	}
	version, err := s.word(isDigit)
	if err != nil {
		return nil, err
	}
	if version != "" {
		if h.Version, err = strconv.Atoi(version); err != nil {
			return nil, fmt.Errorf("version %.20s is not known", version)
		}
	}
	ok, err := s.take(';')
	if err == nil && !ok && !s.end() {
		err = fmt.Errorf("a semicolon is missing before %s", s.rest())
	}
	return h, err
}

// Server gives the name of the server in a field, "" when none can be read: to
// find out whether somebody else writes under one's own name.
func Server(value string) string {
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	name, err := (&scanner{s: value}).value(isToken)
	if err != nil {
		return ""
	}
	return name
}

// parseResult reads one result with its semicolon; nil when there is none, as
// in "none".
func parseResult(s *scanner) (*Result, error) {
	s.comment = ""
	r := &Result{Version: 1}
	method, err := s.word(isKeyword)
	if err != nil {
		return nil, err
	}
	r.Method = strings.ToLower(method)
	if none, err := emptyResult(s, r.Method); none || err != nil {
		return nil, err
	}
	if err := parseValue(s, r); err != nil {
		return nil, err
	}
	for {
		done, err := endOfResult(s)
		if r.Comment == "" && len(r.Properties) == 0 && r.Reason == "" {
			r.Comment = s.comment
		}
		if done || err != nil {
			return r, err
		}
		if err := parseProperty(s, r); err != nil {
			return nil, err
		}
	}
}

// emptyResult tells whether there is no result here: nothing, or "none".
func emptyResult(s *scanner, method string) (bool, error) {
	if method != "" && method != "none" {
		return false, nil
	}
	done, err := endOfResult(s)
	if err == nil && !done {
		err = fmt.Errorf("no method but %s", s.rest())
	}
	return true, err
}

// endOfResult reads a semicolon, or tells that everything was read.
func endOfResult(s *scanner) (bool, error) {
	ok, err := s.take(';')
	return ok || err == nil && s.end(), err
}

// parseValue reads what follows the method up to the result itself.
func parseValue(s *scanner, r *Result) error {
	slash, err := s.take('/')
	if err != nil {
		return err
	}
	if slash {
		version, err := s.word(isDigit)
		if err != nil {
			return err
		}
		if r.Version, err = strconv.Atoi(version); err != nil {
			return fmt.Errorf("%s has no version but %s", r.Method, s.rest())
		}
	}
	equals, err := s.take('=')
	if err != nil {
		return err
	}
	if !equals {
		return fmt.Errorf("%s has no result but %s", r.Method, s.rest())
	}
	if r.Value, err = s.word(isKeyword); err != nil {
		return err
	}
	if r.Method == "spf" || r.Method == "sender-id" {
		r.Value = strings.ToLower(r.Value) // RFC 4408 began them with capitals
	}
	if list, ok := known[r.Method]; r.Value == "" || ok && !slices.Contains(list, r.Value) {
		return fmt.Errorf("%s has no result that is known: %q", r.Method, r.Value)
	}
	s.comment = ""
	return nil
}

// parseProperty reads one property, or the reason.
func parseProperty(s *scanner, r *Result) error {
	var p Property
	name, err := s.word(isKeyword)
	if err != nil {
		return err
	}
	dot, err := s.take('.')
	if err != nil {
		return err
	}
	if dot {
		p.Type = strings.ToLower(name)
		if name, err = s.word(isKeyword); err != nil {
			return err
		}
	}
	equals, err := s.take('=')
	if err != nil {
		return err
	}
	if p.Name = strings.ToLower(name); p.Name == "" || !equals {
		return fmt.Errorf("%s has no property but %s", r.Method, s.rest())
	}
	at := s.pos
	if p.Value, err = s.value(isValue); err != nil {
		return err
	}
	if s.pos == at {
		return fmt.Errorf("property %s of %s has no value but %s", p.Name, r.Method, s.rest())
	}
	if p.Type == "" && p.Name == "reason" && r.Reason == "" {
		r.Reason = p.Value
		return nil
	}
	if len(r.Properties) == maxProperties {
		return fmt.Errorf("%s has more than %d properties", r.Method, maxProperties)
	}
	r.Properties = append(r.Properties, p)
	return nil
}
