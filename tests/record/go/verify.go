// Verifies an exported log with golang.org/x/mod/sumdb/{note,tlog} and nothing of ours:
// verify DIRECTORY  prints "ok <entries>" or fails with the reason.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type files struct{ root string }

func (f files) Height() int                     { return 8 }
func (f files) SaveTiles([]tlog.Tile, [][]byte) {}
func (f files) path(t tlog.Tile) string         { return strings.Replace(t.Path(), "tile/8/", "tile/", 1) }
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(f.root, f.path(t)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func checkpoint(root string, signed []byte) tlog.Tree {
	keys, err := os.ReadFile(filepath.Join(root, "keys/checkpoint.vkey"))
	must(err)
	var verifiers []note.Verifier
	for _, line := range strings.Fields(string(keys)) {
		v, err := note.NewVerifier(line)
		must(err)
		verifiers = append(verifiers, v)
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	must(err)
	var origin, rest string
	var size int64
	_, err = fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &origin, &size, &rest)
	must(err)
	hash, err := tlog.ParseHash(rest)
	must(err)
	return tlog.Tree{N: size, Hash: hash}
}

func entries(root string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		t := tlog.Tile{H: 8, L: -1, N: n, W: int(width)}
		name := strings.Replace(strings.Replace(t.Path(), "tile/8/data/", "tile/entries/", 1), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(root, name))
		must(err)
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	return all
}

func main() {
	root := os.Args[1]
	signed, err := os.ReadFile(filepath.Join(root, "checkpoint"))
	must(err)
	tree := checkpoint(root, signed)
	reader := tlog.TileHashReader(tree, files{root})
	all := entries(root, tree.N)
	if int64(len(all)) != tree.N {
		must(fmt.Errorf("%d entries instead of %d", len(all), tree.N))
	}
	for index, entry := range all {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
		must(err)
		if hashes[0] != tlog.RecordHash(entry) {
			must(fmt.Errorf("entry %d tampered", index))
		}
		proof, err := os.ReadFile(filepath.Join(root, fmt.Sprintf("proofs/%d.tlog-proof", index)))
		must(err)
		head, inside, _ := strings.Cut(string(proof), "\n\n")
		lines := strings.Split(head, "\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", index) || inside != string(signed) {
			must(fmt.Errorf("proof %d malformed", index))
		}
		var path tlog.RecordProof
		for _, line := range lines[2:] {
			raw, err := base64.StdEncoding.DecodeString(line)
			must(err)
			var hash tlog.Hash
			copy(hash[:], raw)
			path = append(path, hash)
		}
		must(tlog.CheckRecord(path, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry)))
	}
	fmt.Println("ok", len(all))
}
