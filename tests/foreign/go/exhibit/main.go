// Verifies one fact that was handed out by itself with Go's own packages: its body against the entry's commitment, the entry's place
// under the signed checkpoint, and that a record is in a certificate's list. Reads JSON lines from standard input.
package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type exhibit struct{ Entry, Body, Salt, Proof string }

type listed struct {
	Leaf, Root  string
	Index, Size int64
	Hashes      []string
}

type question struct {
	Exhibit *exhibit
	Listed  *listed
}

func proofOf(lines []string) (tlog.RecordProof, error) {
	var proof tlog.RecordProof
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

func (e exhibit) check(key note.Verifier) error {
	salt, err := hex.DecodeString(e.Salt)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(e.Body))
	var entry struct{ Commitment string }
	if err := json.Unmarshal([]byte(e.Entry), &entry); err != nil {
		return err
	}
	if entry.Commitment != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return errors.New("the entry commits to another body")
	}
	parts := strings.SplitN(e.Proof, "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no proof file")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(parts[1]), note.VerifierList(key))
	if err != nil {
		return err
	}
	head := strings.Split(opened.Text, "\n")
	if len(head) != 4 || head[0] != key.Name() {
		return errors.New("the checkpoint is of another log")
	}
	size, err := strconv.ParseInt(head[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(head[2])
	if err != nil {
		return err
	}
	proof, err := proofOf(lines[2:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, size, root, index, tlog.RecordHash([]byte(e.Entry)))
}

func (l listed) check() error {
	raw, err := hex.DecodeString(l.Root)
	if err != nil || len(raw) != tlog.HashSize {
		return errors.New("no root")
	}
	var root tlog.Hash
	copy(root[:], raw)
	proof, err := proofOf(l.Hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, l.Size, root, l.Index, tlog.RecordHash([]byte(l.Leaf)))
}

func answer(line []byte, key note.Verifier) error {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return err
	}
	if asked.Exhibit != nil {
		return asked.Exhibit.check(key)
	}
	if asked.Listed != nil {
		return asked.Listed.check()
	}
	return errors.New("nothing was asked")
}

func main() {
	key, err := note.NewVerifier(os.Args[1])
	if err != nil {
		fmt.Println("rejected", err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 1<<20), 1<<26)
	for lines.Scan() {
		if err := answer(lines.Bytes(), key); err != nil {
			fmt.Println("rejected", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted")
		}
	}
}
