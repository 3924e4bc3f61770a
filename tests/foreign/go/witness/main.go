// A log of somebody else's, in Go: grows, asks a witness over HTTP for cosignatures, and verifies them with Go's own packages.
// Arguments: the witness's URL, its key, and the seed of the log's key in hexadecimal.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin        = "go.example/log"
	noteSignature = 1
	cosignature   = 4
)

func keyHash(name string, kind byte, public []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), append([]byte{kind}, public...)...))
	return binary.BigEndian.Uint32(sum[:])
}

// Verifies cosignature/v1, which Go's note package does not know of.
type witness struct {
	name   string
	public ed25519.PublicKey
	time   uint64
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return keyHash(w.name, cosignature, w.public) }
func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	w.time = binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", w.time, text)
	return ed25519.Verify(w.public, []byte(message), signature[8:])
}

func witnessOf(vkey string) *witness {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	w := &witness{name: parts[0], public: key[1:]}
	if key[0] != cosignature || fmt.Sprintf("%08x", w.KeyHash()) != parts[1] {
		fail("the witness's key is none")
	}
	return w
}

type signer struct{ private ed25519.PrivateKey }

func (s signer) public() []byte { return s.private.Public().(ed25519.PublicKey) }
func (s signer) Name() string   { return origin }
func (s signer) KeyHash() uint32 {
	return keyHash(origin, noteSignature, s.public())
}
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.private, text), nil }

type log struct{ hashes []tlog.Hash }

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		found[i] = l.hashes[at]
	}
	return found, nil
}
func (l *log) grow(from, to int64, salt string) {
	for i := from; i < to; i++ {
		hashes, err := tlog.StoredHashes(i, []byte(fmt.Sprintf("%s%d", salt, i)), l)
		must(err)
		l.hashes = append(l.hashes, hashes...)
	}
}

func (l *log) checkpoint(size int64, by signer) []byte {
	root, err := tlog.TreeHash(size, l)
	must(err)
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, by)
	must(err)
	return signed
}

func ask(url string, l *log, by signer, from, to int64) (int, string) {
	body := fmt.Sprintf("old %d\n", from)
	if from > 0 && from < to {
		proof, err := tlog.ProveTree(to, from, l)
		must(err)
		for _, hash := range proof {
			body += hash.String() + "\n"
		}
	}
	answer, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(body+"\n"+string(l.checkpoint(to, by))))
	must(err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	must(err)
	return answer.StatusCode, string(said)
}

func main() {
	url, cosigner := os.Args[1], witnessOf(os.Args[2])
	seed, err := hex.DecodeString(os.Args[3])
	must(err)
	by := signer{ed25519.NewKeyFromSeed(seed)}
	own, err := note.NewVerifier(fmt.Sprintf("%s+%08x+%s", origin, by.KeyHash(),
		base64.StdEncoding.EncodeToString(append([]byte{noteSignature}, by.public()...))))
	must(err)
	l := &log{}
	l.grow(0, 700, "")
	for _, step := range [][2]int64{{0, 1}, {1, 3}, {3, 256}, {256, 700}} {
		status, lines := ask(url, l, by, step[0], step[1])
		if status != 200 {
			fail(fmt.Sprintf("from %d to %d it answered %d %s", step[0], step[1], status, lines))
		}
		signed := append(l.checkpoint(step[1], by), lines...)
		opened, err := note.Open(signed, note.VerifierList(own, cosigner))
		must(err)
		fmt.Printf("cosigned %d by %d keys at %d\n", step[1], len(opened.Sigs), cosigner.time)
		for at := range lines {
			changed := append(l.checkpoint(step[1], by), bytes.Replace([]byte(lines), []byte(lines[at:at+1]), []byte("B"), 1)...)
			if bytes.Equal(changed, signed) {
				continue
			}
			if opened, err := note.Open(changed, note.VerifierList(own, cosigner)); err == nil && len(opened.Sigs) > 1 {
				fail(fmt.Sprintf("accepted with byte %d changed", at))
			}
		}
	}
	fork := &log{}
	fork.grow(0, 900, "other ")
	for _, step := range [][2]int64{{700, 900}, {700, 700}, {256, 300}} {
		status, said := ask(url, fork, by, step[0], step[1])
		fmt.Printf("a fork from %d to %d: %d %q\n", step[0], step[1], status, said)
	}
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}
func fail(why string) {
	fmt.Println("FAILED: " + why)
	os.Exit(1)
}
