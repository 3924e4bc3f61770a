// Verifies a log of ours with Go's own packages: checkpoint signature, every entry, every tile, inclusion, consistency, and
// proof files. Reads altered files as JSON lines from standard input and says of each whether it would have been accepted.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

type files map[string][]byte

type tiles struct{ files files }

func (t tiles) Height() int                         { return height }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range want {
		bytes, err := t.files.tile(tile)
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

// Go's paths name the height of tiles; C2SP's do not.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func (f files) tile(tile tlog.Tile) ([]byte, error) {
	bytes, ok := f[path(tile)]
	if !ok || len(bytes) != tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s is missing or has the wrong size", path(tile))
	}
	return bytes, nil
}

func openCheckpoint(signed []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is of another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func (f files) entries(size int64) ([][]byte, error) {
	var all [][]byte
	for from := int64(0); from < size; from += width {
		w := size - from
		if w > width {
			w = width
		}
		name := strings.Replace(path(tlog.Tile{H: height, L: 0, N: from / width, W: int(w)}), "tile/0/", "tile/entries/", 1)
		rest, ok := f[name]
		if !ok {
			return nil, fmt.Errorf("%s is missing", name)
		}
		for i := int64(0); i < w; i++ {
			if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
				return nil, fmt.Errorf("%s is cut off", name)
			}
			end := 2 + int(binary.BigEndian.Uint16(rest))
			all = append(all, rest[2:end])
			rest = rest[end:]
		}
		if len(rest) != 0 {
			return nil, fmt.Errorf("%s is too long", name)
		}
	}
	return all, nil
}

func strictHash(line string) (tlog.Hash, error) {
	bytes, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || len(bytes) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%q is no hash", line)
	}
	var hash tlog.Hash
	copy(hash[:], bytes)
	return hash, nil
}

func checkProofFile(text string, entries [][]byte, key note.Verifier) error {
	parts := strings.SplitN(text, "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("no proof file")
	}
	tree, err := openCheckpoint([]byte(parts[1]), key)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || index < 0 || index >= int64(len(entries)) || lines[1] != fmt.Sprintf("index %d", index) {
		return errors.New("no index")
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := strictHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index]))
}

func (f files) verify(key note.Verifier) (string, error) {
	tree, err := openCheckpoint(f["checkpoint"], key)
	if err != nil {
		return "", err
	}
	old, err := openCheckpoint(f["checkpoint.old"], key)
	if err != nil {
		return "", err
	}
	reader := tlog.TileHashReader(tree, tiles{f})
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil || root != tree.Hash {
		return "", fmt.Errorf("root %v: %v", root, err)
	}
	entries, err := f.entries(tree.N)
	if err != nil {
		return "", err
	}
	if err := checkEntries(entries, tree, reader); err != nil {
		return "", err
	}
	consistency, err := tlog.ProveTree(tree.N, old.N, reader)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(consistency, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return "", err
	}
	var all []tlog.Tile
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		// Go lists every width that a tile once had; a log serves the last.
		if tile.W == width || int64(tile.W) == tree.N>>uint(height*tile.L)-tile.N<<height {
			all = append(all, tile)
		}
	}
	for _, tile := range all {
		want, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return "", err
		}
		got, err := f.tile(tile)
		if err != nil || string(got) != string(want) {
			return "", fmt.Errorf("%s differs: %v", path(tile), err)
		}
	}
	proofs := 0
	for name, data := range f {
		if !strings.HasPrefix(name, "proofs/") {
			continue
		}
		if err := checkProofFile(string(data), entries, key); err != nil {
			return "", fmt.Errorf("%s: %v", name, err)
		}
		proofs++
	}
	return fmt.Sprintf("entries=%d tiles=%d proofs=%d old=%d", len(entries), len(all), proofs, old.N), nil
}

// Every entry against its leaf, and an audit path made here for every 97th.
func checkEntries(entries [][]byte, tree tlog.Tree, reader tlog.HashReader) error {
	var indexes []int64
	for i := range entries {
		indexes = append(indexes, tlog.StoredHashIndex(0, int64(i)))
	}
	leaves, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, entry := range entries {
		hash := tlog.RecordHash(entry)
		if hash != leaves[i] {
			return fmt.Errorf("entry %d is not its leaf", i)
		}
		if i%97 != 0 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), hash); err != nil {
			return err
		}
	}
	return nil
}

func load(folder string) (files, error) {
	all := files{}
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		relative, _ := filepath.Rel(folder, name)
		all[filepath.ToSlash(relative)] = data
		return err
	})
	return all, err
}

func main() {
	key, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fmt.Println("rejected", err)
		os.Exit(1)
	}
	all, err := load(os.Args[1])
	if err != nil {
		fmt.Println("rejected", err)
		os.Exit(1)
	}
	said, err := all.verify(key)
	if err != nil {
		fmt.Println("rejected", err)
		os.Exit(1)
	}
	fmt.Println("accepted", said)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 1<<20), 1<<26)
	for lines.Scan() {
		var altered struct {
			Name string
			Data []byte
		}
		if err := json.Unmarshal(lines.Bytes(), &altered); err != nil {
			fmt.Println("unreadable", err)
			os.Exit(2)
		}
		kept := all[altered.Name]
		all[altered.Name] = altered.Data
		if _, err := all.verify(key); err != nil {
			fmt.Println("rejected", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted", altered.Name)
		}
		all[altered.Name] = kept
	}
}
