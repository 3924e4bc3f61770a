/** VERIFY.md of an evidence pack: how to check it with Go and OpenSSL and none of our code. */

const GO_PROGRAM = String.raw`package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Println("DOES NOT VERIFY:", err)
		os.Exit(1)
	}
}

func read(name string) []byte {
	data, err := os.ReadFile(name)
	must(err)
	return data
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	must(err)
	signed := read("checkpoint")
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	names, _ := filepath.Glob("entries/*.tlog-proof")
	for _, name := range names {
		parts := strings.SplitN(string(read(name)), "\n\n", 2)
		if len(parts) != 2 || parts[1] != string(signed) {
			must(fmt.Errorf("%s is under another checkpoint", name))
		}
		rows := strings.Split(parts[0], "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(rows[1], "index "), 10, 64)
		must(err)
		var proof tlog.RecordProof
		for _, row := range rows[2:] {
			hash, err := tlog.ParseHash(row)
			must(err)
			proof = append(proof, hash)
		}
		base := strings.TrimSuffix(name, ".tlog-proof")
		entry := read(base + ".entry")
		must(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)))
		salt, err := hex.DecodeString(strings.TrimSpace(string(read(base + ".salt"))))
		must(err)
		mac := hmac.New(sha256.New, salt)
		mac.Write(read(base + ".body.json"))
		commitment := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if !bytes.Contains(entry, []byte("\"commitment\":\""+commitment+"\"")) {
			must(fmt.Errorf("%s does not commit to its body", name))
		}
	}
	fmt.Println("VERIFIED", len(names), "entries in the log", verifier.Name(), "of", size)
}
`;

const SHELL_SIGNATURE = String.raw`key='<the verifier key>'
sed '/^$/,$d' checkpoint > signed-text
tail -n 1 checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c +5 > signature
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; echo "$key" | cut -d + -f 3- | base64 -d | tail -c +2; } > key.der
openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in signed-text -sigfile signature`;

const SHELL_COMMITMENT = String.raw`for body in entries/*.body.json; do
  base=${'$'}{body%.body.json}
  commitment=$(openssl dgst -sha256 -mac HMAC -macopt hexkey:$(cat "$base.salt") -binary "$body" | base64)
  grep -q -F "\"commitment\":\"$commitment\"" "$base.entry" || echo "$base DOES NOT VERIFY"
done`;

/** The guide for packs of the log with this origin. */
export const guideText = (origin: string): string => `# How to verify this evidence, without trusting who gave it to you

This pack holds entries of the transparency log \`${origin}\`. You need one thing that is **not** in the pack: the log's verifier
key, a line such as \`${origin}+12345678+A...\`. Take it from somebody you trust, or from where it was published before this case.

## What is here

| file | is |
| --- | --- |
| \`checkpoint\` | size and root hash of the log, signed by it (c2sp.org/tlog-checkpoint) |
| \`entries/N.entry\` | the public entry, exactly the bytes that are hashed into the log |
| \`entries/N.body.json\` | what was done, by whom, to what, when (milliseconds since 1970, UTC) |
| \`entries/N.salt\` | the random salt of the commitment, in hexadecimal |
| \`entries/N.tlog-proof\` | proof that the entry is number N of the log under the checkpoint (c2sp.org/tlog-proof) |
| \`manifest.json\` | the entries chosen; its SHA-256 stands in the body of the highest-numbered entry, made at the export |

An entry holds \`commitment\` = HMAC-SHA-256(key: salt, message: body), so that the public log tells nothing of the body. People
appear under pseudonyms.

## With Go

Install Go and the package golang.org/x/mod (on Debian: \`apt install golang-go golang-golang-x-mod-dev\`). Unpack, save this as
\`check.go\` in the unpacked folder, and run
\`GO111MODULE=off GOPATH=/usr/share/gocode go run check.go '<the verifier key>'\`. It checks the signature, every proof and every
commitment.

\`\`\`go
${GO_PROGRAM}\`\`\`

## With OpenSSL 3

The signature of the checkpoint:

\`\`\`sh
${SHELL_SIGNATURE}
\`\`\`

Every commitment (prints only what fails):

\`\`\`sh
${SHELL_COMMITMENT}
\`\`\`

The SHA-256 of the manifest, to be found in the body of the highest-numbered entry: \`openssl dgst -sha256 manifest.json\`.
`;
