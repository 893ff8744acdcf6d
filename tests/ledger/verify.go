// Checks a ledger with golang.org/x/mod alone: note (the signature), tlog (the tree).
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go LEDGER KEY OLDER PROOF
//
// LEDGER is the folder, KEY the verifier key, OLDER an earlier checkpoint, PROOF a .tlog-proof file.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func must(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, what)
		os.Exit(1)
	}
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err, "read")
	return data
}

// open checks a signed checkpoint and returns its tree.
func open(signed []byte, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err, "key")
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err, "signature")
	lines := strings.Split(opened.Text, "\n")
	must(len(lines) == 4 && lines[0] == verifier.Name(), "checkpoint: not its three lines")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	root, err := tlog.ParseHash(lines[2])
	check(err, "root")
	return tlog.Tree{N: size, Hash: root}
}

// tiles reads the folder as tlog.TileHashReader wants it.
type tiles string

func (tiles) Height() int { return 8 }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		// The library has the height in its paths, C2SP tlog-tiles has not.
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), name))
		if os.IsNotExist(err) {
			full := name[:strings.LastIndex(name, ".p/")]
			data, err = os.ReadFile(filepath.Join(string(folder), full))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

// entries reads so many entries from their bundles.
func entries(folder string, size int64) [][]byte {
	var all [][]byte
	for index := int64(0); index*256 < size; index++ {
		tile := tlog.Tile{H: 8, L: 0, N: index, W: 256}
		if left := size - index*256; left < 256 {
			tile.W = int(left)
		}
		name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		bundle := read(filepath.Join(folder, name))
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			all = append(all, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	return all
}

func main() {
	folder, key := os.Args[1], os.Args[2]
	tree := open(read(filepath.Join(folder, "checkpoint")), key)
	older := open(read(os.Args[3]), key)
	hashes := tlog.TileHashReader(tree, tiles(folder))

	all := entries(folder, tree.N)
	must(int64(len(all)) == tree.N, "bundles: not as many entries as were signed")
	for index, entry := range all {
		proof, err := tlog.ProveRecord(tree.N, int64(index), hashes)
		check(err, "prove inclusion")
		leaf := tlog.RecordHash(entry)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), leaf), "inclusion")
	}

	proof, err := tlog.ProveTree(tree.N, older.N, hashes)
	check(err, "prove consistency")
	check(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash), "consistency")

	text := read(os.Args[4])
	parts := bytes.SplitN(text, []byte("\n\n"), 2)
	must(len(parts) == 2, "proof: no empty line")
	lines := strings.Split(string(parts[0]), "\n")
	must(lines[0] == "c2sp.org/tlog-proof@v1", "proof: header")
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err, "proof: extra")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err, "proof: index")
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		check(err, "proof: hash")
		path = append(path, hash)
	}
	signed := open(parts[1], key)
	leaf := tlog.RecordHash(entry)
	check(tlog.CheckRecord(path, signed.N, signed.Hash, index, leaf), "proof")
	must(bytes.Equal(entry, all[index]), "proof: of another entry")
	entry[0] ^= 1
	wrong := tlog.CheckRecord(path, signed.N, signed.Hash, index, tlog.RecordHash(entry))
	must(wrong != nil, "proof: holds for something else")
	fmt.Printf("%d entries, consistent with %d, proof of %d\n", tree.N, older.N, index)
}
