package table

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"
)

// keptFeed describes the copy of a feed on disk.
type keptFeed struct {
	URL          string    `json:"url"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Fetched      time.Time `json:"fetched"`
	// SHA256 is the checksum of the copy, in hexadecimal digits.
	SHA256 string `json:"sha256"`
}

// markupStarts begin what is not a list: web pages, XML, JSON.
var markupStarts = [][]byte{[]byte("<"), []byte("{"), []byte("[{"), []byte("\x1f\x8b"), []byte("PK\x03\x04"), []byte("%PDF")}

// refuseMarkup looks at how a text begins.
func refuseMarkup(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 4096)
	start, err := in.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\ufeff")), blanks)
	for _, m := range markupStarts {
		if bytes.HasPrefix(start, m) {
			return nil, errors.New("gives a web page or packed data, not a list")
		}
	}
	if bytes.IndexByte(start, 0) >= 0 {
		return nil, errors.New("gives binary data, not a list")
	}
	return in, nil
}

// base gives the path of the copy without its ending.
func (f *feed) base() string {
	sum := sha256.Sum256([]byte(f.url))
	return filepath.Join(f.o.Feeds.Dir, hex.EncodeToString(sum[:12]))
}

// fromDisk takes the copy of the last time into use; none is no error.
func (f *feed) fromDisk() error {
	if f.o.Feeds.Dir == "" {
		return nil
	}
	meta, err := os.ReadFile(f.base() + ".json")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var kept keptFeed
	if err == nil {
		err = json.Unmarshal(meta, &kept)
	}
	if err == nil {
		err = f.verify(kept.SHA256)
	}
	if err != nil {
		return err
	}
	file, err := os.Open(f.base() + ".list")
	if err != nil {
		return err
	}
	defer file.Close()
	v, err := f.parse(file)
	if err != nil {
		return err
	}
	f.kept = kept
	v.at = kept.Fetched
	f.current.Store(v)
	// A copy that is young enough is not fetched again at every start.
	if next := kept.Fetched.Add(jittered(f.o.Feeds.Refresh.Std())); next.After(f.due) && !kept.Fetched.After(f.due) {
		f.due = next
	}
	return nil
}

// verify compares the copy with its checksum.
func (f *feed) verify(want string) error {
	file, err := os.Open(f.base() + ".list")
	if err != nil {
		return err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%s is damaged: its checksum is not the one noted", file.Name())
	}
	return nil
}

// newFeedCopy is a copy being written; without a directory it goes nowhere.
type newFeedCopy struct {
	base string
	file *os.File
	sum  hash.Hash
}

// newCopy begins to write a copy beside the last good one.
func (f *feed) newCopy() (*newFeedCopy, error) {
	c := &newFeedCopy{base: f.base(), sum: sha256.New()}
	if f.o.Feeds.Dir == "" {
		return c, nil
	}
	if err := os.MkdirAll(f.o.Feeds.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory of feeds: %w", err)
	}
	file, err := os.CreateTemp(f.o.Feeds.Dir, "fetching-*")
	if err != nil {
		return nil, fmt.Errorf("keeping a copy: %w", err)
	}
	c.file = file
	return c, nil
}

// Write implements io.Writer.
func (c *newFeedCopy) Write(b []byte) (int, error) {
	c.sum.Write(b)
	if c.file == nil {
		return len(b), nil
	}
	return c.file.Write(b)
}

// keep makes the copy the last good one.
func (c *newFeedCopy) keep(kept *keptFeed) error {
	kept.SHA256 = hex.EncodeToString(c.sum.Sum(nil))
	if c.file == nil {
		return nil
	}
	if err := errors.Join(c.file.Sync(), c.file.Close()); err != nil {
		return err
	}
	if err := os.Rename(c.file.Name(), c.base+".list"); err != nil {
		return err
	}
	meta, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	temp := c.base + ".json.new"
	if err := os.WriteFile(temp, append(meta, '\n'), 0o640); err != nil {
		return err
	}
	return os.Rename(temp, c.base+".json")
}

// drop removes what was written and not kept.
func (c *newFeedCopy) drop() {
	if c.file == nil {
		return
	}
	_ = c.file.Close()           // closed already where it was kept
	_ = os.Remove(c.file.Name()) // gone already where it was kept
}
