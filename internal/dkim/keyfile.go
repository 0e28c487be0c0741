package dkim

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxKeyFile bounds the octets of a file with a private key.
const maxKeyFile = 64 << 10

// LoadKeyFile reads a private key. A file that everybody may read is refused:
// whoever reads it can sign in the domain's name.
func LoadKeyFile(path string) (*PrivateKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the DKIM key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the DKIM key: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("reading the DKIM key %s: everybody may read it (mode %04o); run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("reading the DKIM key %s: %w", path, err)
	}
	key, err := ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("reading the DKIM key %s: %w", path, err)
	}
	return key, nil
}

// keyFileMode lets only the owner read a key.
const keyFileMode fs.FileMode = 0o600

// SaveKeyFile writes a private key to a new file that only its owner may read.
// A file that is there already is left as it is.
func SaveKeyFile(path string, key *PrivateKey) error {
	text, err := key.PEM()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, keyFileMode)
	if err != nil {
		return fmt.Errorf("writing the DKIM key: %w", err)
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing the DKIM key %s: %w", path, err)
	}
	return nil
}
