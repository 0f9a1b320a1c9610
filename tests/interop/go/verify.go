// Verifies an exported log with golang.org/x/mod/sumdb/{note,tlog}, Go's own crypto, and nothing of ours.
//
//	verify DIRECTORY             prints "ok <entries>" and the digest of what is to be compared by another way, or fails
//	verify -trust HEX DIRECTORY  insists on that digest
//	verify -old OLDER DIRECTORY  also: the log of the older export is the beginning of this one
//	verify -quick DIRECTORY      tiles and entries only, with figures
//	verify -mutants N DIRECTORY  changes one byte of one file in memory, N times, and names each change that is not found
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

// An export: the files under a directory, or all of them in memory.
type export struct {
	root string
	held map[string][]byte
}

func (e export) read(name string) ([]byte, error) {
	if e.held == nil {
		return os.ReadFile(filepath.Join(e.root, filepath.FromSlash(name)))
	}
	data, there := e.held[name]
	if !there {
		return nil, fmt.Errorf("%s is missing", name)
	}
	return data, nil
}

func (e export) names() ([]string, error) {
	var all []string
	if e.held != nil {
		for name := range e.held {
			all = append(all, name)
		}
		sort.Strings(all)
		return all, nil
	}
	err := filepath.WalkDir(e.root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(e.root, path)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	return all, err
}

func tilePath(level int, n int64, w int) string {
	t := tlog.Tile{H: 8, L: level, N: n, W: w}
	name := strings.Replace(t.Path(), "tile/8/data/", "tile/entries/", 1)
	return strings.Replace(name, "tile/8/", "tile/", 1)
}

func (e export) Height() int                     { return 8 }
func (e export) SaveTiles([]tlog.Tile, [][]byte) {}
func (e export) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := e.read(tilePath(t.L, t.N, t.W))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is %d bytes long", tilePath(t.L, t.N, t.W), len(data))
		}
		all = append(all, data)
	}
	return all, nil
}

// A log: an export whose checkpoint is verified, and what was found to belong to it.
type log struct {
	export
	origin string
	keys   note.Verifiers
	ids    []string // of the log in bundles: base64 of the whole SHA-256 that a key hash is the beginning of
	signed []byte
	tree   tlog.Tree
	reader tlog.HashReader
	heads  map[string]tlog.Tree
	ours   map[string]bool
	named  map[string]bool // digests of evidence that entries name
	spared map[string]bool // those of them that hold keys of lines: an export may leave them out
	known  map[vouching]error
	last   *x509.Certificate // of who signed
	room   []byte
	above  []tlog.Hash // of whole tiles of the lowest level, as the authenticated level above has them
}

func open(e export) (*log, error) {
	l := &log{export: e, heads: map[string]tlog.Tree{}, named: map[string]bool{}, spared: map[string]bool{}, ours: map[string]bool{"checkpoint": true}}
	lines, err := e.read("keys/checkpoint.vkey")
	if err != nil {
		return nil, err
	}
	var known []note.Verifier
	for _, line := range strings.Fields(string(lines)) {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("keys/checkpoint.vkey: %w", err)
		}
		known = append(known, v)
		l.origin = v.Name()
		raw, err := base64.StdEncoding.DecodeString(line[strings.LastIndex(line, "+")+1:])
		for at := strings.LastIndex(line, "+"); err != nil || len(raw) != 33; raw, err = base64.StdEncoding.DecodeString(line[at+1:]) {
			at = strings.LastIndex(line[:at], "+") // base64 may hold a plus sign itself
			if at < 0 {
				return nil, errors.New("keys/checkpoint.vkey: malformed")
			}
		}
		id := sha256.Sum256(append([]byte(v.Name()+"\n"), raw...))
		l.ids = append(l.ids, base64.StdEncoding.EncodeToString(id[:]))
	}
	l.keys = note.VerifierList(known...)
	if l.signed, err = e.read("checkpoint"); err != nil {
		return nil, err
	}
	if l.tree, err = l.head(l.signed); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	l.reader = tlog.TileHashReader(l.tree, e)
	return l, nil
}

// The tree that a signed checkpoint of this log names.
func (l *log) head(signed []byte) (tlog.Tree, error) {
	if tree, known := l.heads[string(signed)]; known {
		return tree, nil
	}
	opened, err := note.Open(signed, l.keys)
	if err != nil {
		return tlog.Tree{}, err
	}
	var origin, root string
	var size int64
	if _, err = fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &origin, &size, &root); err != nil {
		return tlog.Tree{}, err
	}
	if origin != l.origin || opened.Text != fmt.Sprintf("%s\n%d\n%s\n", origin, size, root) {
		return tlog.Tree{}, errors.New("another log's checkpoint")
	}
	hash, err := tlog.ParseHash(root)
	if err != nil {
		return tlog.Tree{}, err
	}
	l.heads[string(signed)] = tlog.Tree{N: size, Hash: hash}
	return l.heads[string(signed)], nil
}

// The tree of a checkpoint that must be this log as it is, or as it once was.
func (l *log) past(signed []byte) (tlog.Tree, error) {
	_, known := l.heads[string(signed)]
	tree, err := l.head(signed)
	if err != nil || known {
		return tree, err
	}
	if tree.N > l.tree.N {
		return tree, errors.New("a checkpoint newer than the log")
	}
	hash, err := tlog.TreeHash(tree.N, l.reader)
	if err == nil && hash != tree.Hash {
		err = errors.New("a checkpoint of another history")
	}
	return tree, err
}

// The entries of one tile, each compared with the hash in the authenticated tile.
func (l *log) bundleOf(n int64) ([][]byte, error) {
	w := int(l.tree.N - n*width)
	if w > width {
		w = width
	}
	name := tilePath(-1, n, w)
	data, err := l.read(name)
	if err != nil {
		return nil, err
	}
	indexes := make([]int64, w)
	for at := range indexes {
		indexes[at] = tlog.StoredHashIndex(0, n*width+int64(at))
	}
	hashes, err := l.reader.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	all := make([][]byte, w)
	for at := range all {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("entry %d tampered: %s is too short", n*width+int64(at), name)
		}
		all[at] = data[2 : 2+int(binary.BigEndian.Uint16(data))]
		data = data[2+len(all[at]):]
		if tlog.RecordHash(all[at]) != hashes[at] {
			return nil, fmt.Errorf("entry %d tampered", n*width+int64(at))
		}
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%s tampered: more than %d entries", name, w)
	}
	return all, nil
}

// All tiles of entries, on all processors, as copies of the log that share nothing that changes; what they found to belong
// to it is joined. Of several that fail, the first one is told, so that one export always gives one answer.
func (l *log) everywhere(look func(*log, int64) error) error {
	var next, first int64 = -1, l.tree.N
	var guard sync.Mutex
	var failed error
	var all sync.WaitGroup
	for at := 0; at < runtime.NumCPU(); at++ {
		own := *l
		own.ours, own.named, own.heads, own.known = map[string]bool{}, map[string]bool{}, map[string]tlog.Tree{}, nil
		for signed, tree := range l.heads {
			own.heads[signed] = tree
		}
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				n := atomic.AddInt64(&next, 1)
				if n*width >= own.tree.N || n > atomic.LoadInt64(&first) {
					break
				}
				if err := look(&own, n); err != nil {
					guard.Lock()
					if n < first {
						failed = err
						atomic.StoreInt64(&first, n)
					}
					guard.Unlock()
				}
			}
			guard.Lock()
			defer guard.Unlock()
			for name := range own.ours {
				l.ours[name] = true
			}
			for digest := range own.named {
				l.named[digest] = true
			}
		}()
	}
	all.Wait()
	return failed
}

// All entries; nothing but their hashes. Comes after `tiles`.
func (l *log) hashes() error {
	return l.everywhere(func(own *log, n int64) (err error) {
		if n < int64(len(own.above)) {
			own.room, err = own.whole(n, own.room)
		} else {
			_, err = own.bundleOf(n)
		}
		return err
	})
}

// All entries with all that belongs to them.
func (l *log) statements(trusted root) error {
	return l.everywhere(func(own *log, n int64) error {
		all, err := own.bundleOf(n)
		if err != nil {
			return err
		}
		own.ours[tilePath(-1, n, len(all))] = true
		for at, entry := range all {
			index := n*width + int64(at)
			if err := own.proof(index, entry); err != nil {
				return err
			}
			if err := own.statement(index, entry, trusted); err != nil {
				return err
			}
		}
		return nil
	})
}

// A whole tile of the lowest level and its entries: both must lead to the hash that the authenticated level above has.
// `room` is used again from one to the next; what differs is named by `bundleOf`.
func (l *log) whole(n int64, room []byte) ([]byte, error) {
	room, err := l.readInto(tilePath(-1, n, width), room)
	if err != nil {
		return room, err
	}
	tile, err := l.read(tilePath(0, n, width))
	if err != nil {
		return room, err
	}
	var hashes [width]tlog.Hash
	fits := len(tile) == width*tlog.HashSize
	data := room
	for at := 0; at < width && fits; at++ {
		if fits = len(data) >= 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)); !fits {
			break
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		hashes[at] = tlog.RecordHash(data[2:end])
		data = data[end:]
		fits = bytes.Equal(hashes[at][:], tile[at*tlog.HashSize:(at+1)*tlog.HashSize])
	}
	for count := width; count > 1; count /= 2 {
		for at := 0; at < count/2; at++ {
			hashes[at] = tlog.NodeHash(hashes[2*at], hashes[2*at+1])
		}
	}
	if fits && len(data) == 0 && hashes[0] == l.above[n] {
		return room, nil
	}
	if _, err = l.bundleOf(n); err == nil {
		err = fmt.Errorf("%s tampered", tilePath(0, n, width))
	}
	return room, err
}

// Reads a file into the room that is there, or into more.
func (e export) readInto(name string, room []byte) ([]byte, error) {
	if e.held != nil {
		return e.read(name)
	}
	file, err := os.Open(filepath.Join(e.root, filepath.FromSlash(name)))
	if err != nil {
		return room, err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return room, err
	}
	if int64(cap(room)) < about.Size() {
		room = make([]byte, about.Size()+about.Size()/4)
	}
	room = room[:about.Size()]
	_, err = io.ReadFull(file, room)
	return room, err
}

// Every byte of every tile above the lowest: each must be what the level below it says, up to the root.
func (l *log) tiles() error {
	for level, size := 0, l.tree.N; size > 0; level, size = level+1, size>>8 {
		for n := int64(0); n*width < size; n++ {
			w := int(size - n*width)
			if w > width {
				w = width
			}
			l.ours[tilePath(level, n, w)] = true
			if level == 0 {
				continue // looked at together with the entries
			}
			indexes := make([]int64, w)
			for at := range indexes {
				indexes[at] = tlog.StoredHashIndex(8*level, n*width+int64(at))
			}
			hashes, err := l.reader.ReadHashes(indexes)
			if err != nil {
				return err
			}
			if level == 1 {
				l.above = append(l.above, hashes...)
			}
		}
	}
	return nil
}

// A partial tile that was left for older checkpoints begins the one that took its place.
func (l *log) leftover(name string) error {
	whole, part, _ := strings.Cut(name, ".p/")
	now, err := l.read(whole)
	for w := width - 1; err != nil && w > 0; w-- {
		now, err = l.read(fmt.Sprintf("%s.p/%d", whole, w))
	}
	old, bad := l.read(name)
	var w int
	if _, scan := fmt.Sscanf(part, "%d", &w); scan != nil || part != fmt.Sprint(w) {
		bad = scan
	}
	if err != nil || bad != nil || !bytes.HasPrefix(now, old) {
		return fmt.Errorf("%s is no part of the log", name)
	}
	if strings.HasPrefix(name, "tile/entries/") {
		for count := 0; count < w; count++ {
			if len(old) < 2 || len(old) < 2+int(binary.BigEndian.Uint16(old)) {
				return fmt.Errorf("%s is too short", name)
			}
			old = old[2+int(binary.BigEndian.Uint16(old)):]
		}
		if len(old) > 0 {
			return fmt.Errorf("%s is too long", name)
		}
	} else if len(old) != w*tlog.HashSize {
		return fmt.Errorf("%s is %d bytes long", name, len(old))
	}
	return nil
}

func (l *log) proof(index int64, entry []byte) error {
	name := fmt.Sprintf("proofs/%d.tlog-proof", index)
	l.ours[name] = true
	data, err := l.read(name)
	if err != nil {
		return err
	}
	head, signed, _ := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", index) {
		return fmt.Errorf("%s is malformed", name)
	}
	if err := l.included(index, entry, lines[2:], []byte(signed)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (l *log) included(index int64, entry []byte, path []string, signed []byte) error {
	tree, err := l.past(signed)
	if err != nil {
		return err
	}
	var steps tlog.RecordProof
	for _, line := range path {
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return errors.New("a step is no hash")
		}
		steps = append(steps, hash)
	}
	return tlog.CheckRecord(steps, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

// What is not signed by anybody, and must be compared by another way: keys, trust root, README.
func (l *log) trust() (string, error) {
	names, err := l.names()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		if strings.HasPrefix(name, "keys/") || name == "trusted_root.json" || name == "trusted_root.revoked.json" || name == "README.md" || name == "origin" {
			data, err := l.read(name)
			if err != nil {
				return "", err
			}
			l.ours[name] = true
			fmt.Fprintf(sum, "%x  %s\n", sha256.Sum256(data), name)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Everything; gives the number of entries and the digest of what nobody signed.
func verify(e export) (*log, string, error) {
	l, err := open(e)
	if err != nil {
		return nil, "", err
	}
	root, err := readRoot(e)
	if err != nil {
		return l, "", err
	}
	if err = l.tiles(); err != nil {
		return l, "", err
	}
	if err = l.statements(root); err != nil {
		return l, "", err
	}
	trust, err := l.trust()
	if err != nil {
		return l, "", err
	}
	return l, trust, l.rest()
}

// Every other file must be evidence that an entry names, or a tile that an older checkpoint may still need; and all evidence is there but keys of lines.
func (l *log) rest() error {
	names, err := l.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		digest := strings.TrimPrefix(name, "evidence/")
		switch {
		case l.ours[name]:
		case strings.HasPrefix(name, "tile/") && strings.Contains(name, ".p/"):
			if err := l.leftover(name); err != nil {
				return err
			}
		case name == "checkpoint.cosigned":
			signed, err := l.read(name)
			if err == nil {
				_, err = l.past(signed)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case digest != name && l.named[digest]:
			body, err := l.read(name)
			if err != nil || fmt.Sprintf("%x", sha256.Sum256(body)) != digest {
				return fmt.Errorf("%s tampered", name)
			}
			l.named[digest] = false
		default:
			return fmt.Errorf("%s belongs to nothing that was signed", name)
		}
	}
	for digest, missing := range l.named {
		if missing && !l.spared[digest] {
			return fmt.Errorf("evidence/%s is missing, and an entry names it", digest)
		}
	}
	return nil
}

func main() {
	older := flag.String("old", "", "an older export of the same log")
	trusted := flag.String("trust", "", "the digest that keys, trust root and README must have")
	quick := flag.Bool("quick", false, "tiles and entries only")
	mutants := flag.Int("mutants", 0, "how many changes of one byte to try")
	seed := flag.Int64("seed", 1, "of the changes")
	flag.Parse()
	e := export{root: flag.Arg(0)}
	began := time.Now()
	var l *log
	var trust string
	var err error
	if *quick {
		if l, err = open(e); err == nil {
			if err = l.tiles(); err == nil {
				err = l.hashes()
			}
		}
	} else if l, trust, err = verify(e); err == nil && *trusted != "" && trust != *trusted {
		err = fmt.Errorf("keys, trust root or README are others: %s", trust)
	}
	if err == nil && *older != "" {
		err = l.grewFrom(*older)
	}
	if err == nil && *mutants > 0 {
		err = mutate(e, trust, *mutants, *seed)
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("ok", l.tree.N)
	if *quick {
		fmt.Printf("seconds %.4f\n", time.Since(began).Seconds())
	} else {
		fmt.Println("trust", trust)
	}
}

// The log of an older export must be the beginning of this one.
func (l *log) grewFrom(root string) error {
	old, err := open(export{root: root})
	if err != nil {
		return fmt.Errorf("%s: %w", root, err)
	}
	if old.origin != l.origin || old.tree.N > l.tree.N {
		return errors.New("the older export is of another log, or is the newer one")
	}
	proof, err := tlog.ProveTree(l.tree.N, old.tree.N, l.reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, l.tree.N, l.tree.Hash, old.tree.N, old.tree.Hash)
}

// Change one byte of one file at a time, in memory; every change must be found.
func mutate(e export, trust string, count int, seed int64) error {
	names, err := e.names()
	if err != nil {
		return err
	}
	held := map[string][]byte{}
	for _, name := range names {
		if held[name], err = e.read(name); err != nil {
			return err
		}
	}
	luck := rand.New(rand.NewSource(seed))
	for tried := 0; tried < count; tried++ {
		name := names[luck.Intn(len(names))]
		whole := held[name]
		if len(whole) == 0 {
			continue
		}
		at := luck.Intn(len(whole))
		changed := append([]byte(nil), whole...)
		changed[at] ^= byte(1 + luck.Intn(255))
		held[name] = changed
		_, now, err := verify(export{held: held})
		held[name] = whole
		if err == nil && now == trust {
			return fmt.Errorf("byte %d of %s was changed, and nothing found it", at, name)
		}
	}
	return nil
}
