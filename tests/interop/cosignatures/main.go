// Opens a checkpoint on standard input with golang.org/x/mod/sumdb/note and a verifier for timestamped cosignatures
// (https://c2sp.org/tlog-cosignature, type 0x04), which that package does not bring; prints who signed, or why not.
//
//	cosignatures KEY...        verifier keys of logs (type 0x01) and witnesses (0x04)
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(w.key, []byte(message), sig[8:])
}

func verifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) == 3 {
		hash, err := strconv.ParseUint(parts[1], 16, 32)
		key, bad := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && bad == nil && len(key) == 33 && key[0] == 4 {
			return witness{parts[0], uint32(hash), key[1:]}, nil
		}
	}
	return note.NewVerifier(vkey)
}

func main() {
	var known []note.Verifier
	for _, vkey := range os.Args[1:] {
		v, err := verifier(vkey)
		if err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		known = append(known, v)
	}
	data, err := io.ReadAll(os.Stdin)
	if err == nil {
		var opened *note.Note
		if opened, err = note.Open(data, note.VerifierList(known...)); err == nil {
			for _, sig := range opened.Sigs {
				fmt.Println("signed", sig.Name)
			}
			for _, sig := range opened.UnverifiedSigs {
				fmt.Println("unknown", sig.Name)
			}
			return
		}
	}
	fmt.Println("refused:", err)
	os.Exit(1)
}
