/** Digest by the examples of RFC 7616, and readers of foreign text against garbage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorizationOf, proofOf, readAuthorization, readChallenges, secretOf } from './digest.ts';
import { allXml, escapeXml, findXml, parseXml, XML_DEPTH_MAX } from './xml.ts';

const REALM = 'http-auth@example.org';
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const LOGIN = { user: 'Mufasa', password: 'Circle of Life' };
const ASKED = {
  method: 'GET',
  uri: '/dir/index.html',
  count: 1,
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

describe('a digest', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('with %s is that of RFC 7616, section 3.9.1', (algorithm, response) => {
    expect(proofOf({ algorithm, nonce: NONCE }, secretOf(algorithm, REALM, LOGIN), ASKED)).toBe(response);
  });
  it('prefers SHA-256, and answers no challenge without auth, twice-said or unknown', () => {
    const md5 = `Digest realm="a", nonce="n", algorithm=MD5, qop="auth, auth-int"`;
    const sha = `Digest realm="a", nonce="n", algorithm=SHA-256, qop="auth", stale=true`;
    expect(readChallenges([md5, sha])).toMatchObject({ algorithm: 'SHA-256', stale: true });
    expect(readChallenges([md5])).toMatchObject({ algorithm: 'MD5', stale: false });
    for (const bad of [
      'Basic realm="a"',
      'Digest realm="a", nonce="n"',
      `${md5}, nonce="m"`,
      'Digest realm="a", nonce="n", qop="auth", algorithm=SHA-512',
    ])
      expect(readChallenges([bad])).toBeNull();
  });
  it('comes back as it was written, quotes in names among it', () => {
    const challenge = { realm: 'a "b" \\c', nonce: 'n', algorithm: 'MD5', opaque: 'o', stale: false } as const;
    const read = readAuthorization(authorizationOf(challenge, { user: 'x"y', password: 'p' }, ASKED));
    expect(read).toMatchObject({ user: 'x"y', realm: 'a "b" \\c', count: 1, uri: ASKED.uri });
  });
  it('never throws on garbage (10,000 cases)', () => {
    const piece = fc.constantFrom(
      'Digest ',
      'realm=',
      '"',
      ',',
      'qop=auth',
      'nonce="n"',
      '\\',
      '=',
      'nc=00000001',
      ' ',
      'a',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
        ),
        (text) => {
          readChallenges([text]);
          readAuthorization(text);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe('an XML document', () => {
  it('is read with its names, texts and attributes', () => {
    const root = parseXml(
      `<?xml version="1.0"?>\n<a:x b="1 &amp; 2"><!-- no --><c>t&lt;&#65;</c><c/><d><![CDATA[<raw>]]></d></a:x>`,
    )!;
    expect(root).toMatchObject({ name: 'x', attributes: { b: '1 & 2' } });
    expect(allXml(root, 'c').map(({ text }) => text)).toEqual(['t<A', '']);
    expect(findXml(root, 'd')!.text).toBe('<raw>');
  });
  it.each([
    ['a DTD', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an entity of its own', '<a>&b;</a>'],
    ['two roots', '<a/><b/>'],
    ['text outside', '<a/>b'],
    ['an open end', '<a><b></a>'],
    ['another prefix at its end', '<x:a></y:a>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['nothing', ''],
    ['no end of a comment', '<a><!-- </a>'],
    ['an instruction inside', '<a><?php x ?></a>'],
    ['a depth past the limit', '<a>'.repeat(XML_DEPTH_MAX + 2) + '</a>'.repeat(XML_DEPTH_MAX + 2)],
    ['a NUL by number', '<a>&#0;</a>'],
  ])('with %s is refused', (_, text) => {
    expect(parseXml(text)).toBeNull();
  });
  it('never throws on garbage, and reads back what it escapes (10,000 cases)', () => {
    const piece = fc.constantFrom(
      '<a',
      '>',
      '</a>',
      '/>',
      ' b="',
      '"',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '&',
      ';',
      'amp',
      '#x41',
      '<',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => void parseXml(pieces.join(''))),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(parseXml(`<a b="${escapeXml(text)}">${escapeXml(`.${text}.`)}</a>`)).toMatchObject({
          attributes: { b: text },
          text: `.${text}.`,
        });
      }),
    );
  });
});
