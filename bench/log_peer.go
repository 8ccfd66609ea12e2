// Reads a log of Regard with golang.org/x/mod/sumdb, the implementation behind Go's checksum database:
//
//	go run log_peer.go FOLDER VKEY < PROOFS
//
// Not built with the rest: bench/log_peers.py starts it. Entries are proved from the tiles; proofs that
// Regard made come as JSON on standard input. Prints what it found as JSON, or fails with a sentence.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	proved = 1000 // entries, evenly spread
	older  = 80   // sizes whose roots are compared
)

type folder string

// path leaves out the height, which https://c2sp.org/tlog-tiles fixes at 8, and calls the records "entries".
func (f folder) path(tile tlog.Tile) string {
	name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return filepath.Join(string(f), strings.Replace(name, "tile/data/", "tile/entries/", 1))
}

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(f.path(tile))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

type proof struct {
	Index   *int64   `json:"index"`
	Entry   string   `json:"entry"`
	OldSize int64    `json:"old_size"`
	OldRoot string   `json:"old_root"`
	Hashes  []string `json:"hashes"`
}

type found struct {
	Size        int64             `json:"size"`
	Root        string            `json:"root"`
	Roots       map[string]string `json:"roots"`
	Entries     int64             `json:"entries"`
	Inclusion   int               `json:"inclusion"`
	Consistency int               `json:"consistency"`
}

func main() {
	log.SetFlags(0)
	in, tree := folder(os.Args[1]), checkpoint(os.Args[1], os.Args[2])
	hashes := tlog.TileHashReader(tree, in)
	result := found{Size: tree.N, Root: hexOf(tree.Hash), Roots: map[string]string{}}
	held := entries(in, tree.N)
	for index := int64(0); index < tree.N; index += tree.N/proved + 1 {
		path, err := tlog.ProveRecord(tree.N, index, hashes)
		must(err)
		must(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(held[index])))
		result.Entries++
	}
	for size := int64(1); size <= tree.N; size += tree.N/older + 1 {
		root, err := tlog.TreeHash(size, hashes)
		must(err)
		path, err := tlog.ProveTree(tree.N, size, hashes)
		must(err)
		must(tlog.CheckTree(path, tree.N, tree.Hash, size, root))
		result.Roots[strconv.FormatInt(size, 10)] = hexOf(root)
	}
	check(tree, &result)
	must(json.NewEncoder(os.Stdout).Encode(result))
}

// check holds Regard's own proofs against the tree.
func check(tree tlog.Tree, result *found) {
	var proofs []proof
	must(json.NewDecoder(os.Stdin).Decode(&proofs))
	for _, one := range proofs {
		var path []tlog.Hash
		for _, text := range one.Hashes {
			path = append(path, hashOf(text))
		}
		if one.Index != nil {
			must(tlog.CheckRecord(path, tree.N, tree.Hash, *one.Index, tlog.RecordHash([]byte(one.Entry))))
			result.Inclusion++
		} else {
			must(tlog.CheckTree(path, tree.N, tree.Hash, one.OldSize, hashOf(one.OldRoot)))
			result.Consistency++
		}
	}
}

func checkpoint(path, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	data, err := os.ReadFile(filepath.Join(path, "checkpoint"))
	must(err)
	signed, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

func entries(in folder, size int64) [][]byte {
	var all [][]byte
	for number := int64(0); number*256 < size; number++ {
		width := size - number*256
		if width > 256 {
			width = 256
		}
		data, err := os.ReadFile(in.path(tlog.Tile{H: 8, L: -1, N: number, W: int(width)}))
		must(err)
		for len(data) >= 2 {
			stop := 2 + int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:stop])
			data = data[stop:]
		}
	}
	if int64(len(all)) != size {
		log.Fatalf("%d entries in the bundles, %d in the tree", len(all), size)
	}
	return all
}

func hexOf(hash tlog.Hash) string { return hex.EncodeToString(hash[:]) }

func hashOf(text string) (hash tlog.Hash) {
	data, err := hex.DecodeString(text)
	must(err)
	copy(hash[:], data)
	return hash
}

func must(err error) {
	if err != nil {
		log.Fatal(fmt.Errorf("%w", err))
	}
}
