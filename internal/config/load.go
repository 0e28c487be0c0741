package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
)

// maxFile bounds the size of a configuration file in bytes.
const maxFile = 4 << 20

// Find gives the file that is read when path was asked for: path itself, else
// DefaultPath if there is such a file, else "" for the built-in defaults.
func Find(path string) string {
	if path != "" {
		return path
	}
	if _, err := os.Stat(DefaultPath); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return DefaultPath
}

// Load reads the file that Find gives for path. An error of type Errors means
// that the file was read and is wrong.
func Load(path string, known Known) (Config, error) {
	path = Find(path)
	if path == "" {
		return Default(), nil
	}
	data, err := readFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading configuration %w", err)
	}
	return Parse(path, data, known)
}

// readFile reads a file of bounded size.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFile)
	}
	return data, nil
}

// Parse reads a configuration from data; name is what the file is called in
// errors, which are of type Errors and hold all faults at once.
func Parse(name string, data []byte, known Known) (Config, error) {
	f := &faults{file: name, data: bytes.TrimPrefix(data, []byte("\uFEFF"))}
	root := read(f)
	c := f.preset(root)
	d := &decoder{faults: f, sections: sectionsByKey()}
	d.decode(reflect.ValueOf(&c).Elem(), root, "")
	(&judge{faults: f, root: root, known: known}).config(&c)
	f.compare()
	if err := f.err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// sectionsByKey lists for each key the sections that have it.
func sectionsByKey() map[string][]string {
	sections := map[string][]string{}
	t := reflect.TypeFor[Config]()
	for _, section := range keyedFields(t) {
		st := t.Field(section.index).Type
		if st.Kind() != reflect.Struct {
			continue
		}
		for _, key := range keyedFields(st) {
			name := strings.ToLower(key.key)
			sections[name] = append(sections[name], section.key)
		}
	}
	return sections
}
