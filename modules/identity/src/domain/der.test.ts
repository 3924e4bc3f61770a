/** What the writer writes the reader reads; every other encoding is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitString,
  DerFault,
  integer,
  integerOf,
  namedBits,
  octetString,
  oid,
  oidText,
  readDer,
  sequence,
  TAG,
  time,
  tlv,
  unsignedBytes,
  wholeBits,
} from './der.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('writer', () => {
  it.each([
    [integer(0), '020100'],
    [integer(127), '02017f'],
    [integer(128), '02020080'],
    [integer(2 ** 40), '0206010000000000'],
    [integerOf(Buffer.from('00000080', 'hex')), '02020080'],
    [namedBits([0]), '03020780'],
    [namedBits([5, 6]), '03020106'],
    [oid('1.2.840.113549.1.9.14'), '06092a864886f70d01090e'],
    [time(Date.UTC(2049, 11, 31, 23, 59, 59)), `170d${Buffer.from('491231235959Z').toString('hex')}`],
    [time(Date.UTC(2050, 0, 1)), `180f${Buffer.from('20500101000000Z').toString('hex')}`],
  ])('%# writes the bytes of X.690', (bytes, wanted) => expect(hex(bytes)).toBe(wanted));

  it('writes lengths that the reader reads back', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const element = readDer(octetString(Buffer.alloc(length, 7))).take(TAG.octetString, 'bytes');
      expect(element.body.length).toBe(length);
    }
  });
  it('keeps numbers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
        const read = unsignedBytes(readDer(integerOf(bytes)).take(TAG.integer, 'number'), 'number');
        expect(BigInt(`0x${hex(read)}`)).toBe(BigInt(`0x${hex(bytes)}`));
      }),
    );
  });
  it('keeps object identifiers', () => {
    const arcs = fc.array(fc.nat(2 ** 31), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(2), fc.nat(39), arcs, (first, second, rest) => {
        const dotted = [first, second, ...rest].join('.');
        expect(oidText(readDer(oid(dotted)).take(TAG.oid, 'oid').body)).toBe(dotted);
      }),
    );
  });
});

describe('reader', () => {
  it.each([
    ['indefinite length', '30800000'],
    ['length not in its shortest form', '30810100'],
    ['length with a leading zero', '3082000100'],
    ['cut short', '3005020101'],
    ['cut inside its length', '3082'],
    ['a tag above 30', '1f8101020101'],
    ['a length of four bytes', '3084000000010a'],
  ])('refuses %s', (_what, bytes) => {
    expect(() => readDer(Buffer.from(bytes, 'hex')).any('it')).toThrow(DerFault);
  });
  it('refuses what comes after the end', () => {
    const reader = readDer(Buffer.concat([integer(1), integer(2)]));
    reader.take(TAG.integer, 'one');
    expect(() => reader.end('one')).toThrow('3 bytes too many');
  });
  it('says which tag it found and wanted', () => {
    expect(() => readDer(integer(1)).take(TAG.sequence, 'request')).toThrow('found tag 0x2, wanted 0x30');
  });
  it('refuses numbers and bits in other forms', () => {
    const number = (bytes: string) => unsignedBytes(readDer(Buffer.from(bytes, 'hex')).any('n'), 'n');
    expect(() => number('0200')).toThrow(DerFault);
    expect(() => number('020180')).toThrow(DerFault);
    expect(() => number('02020001')).toThrow(DerFault);
    expect(() => wholeBits(readDer(tlv(TAG.bitString, Buffer.from([1, 2]))).any('b'), 'b')).toThrow(DerFault);
    expect(hex(wholeBits(readDer(bitString(Buffer.from([5]))).any('b'), 'b'))).toBe('05');
  });
  it.each(['', '8001', '2a8001', '2aff', '2affffffffffffffffff7f'])('refuses object identifier %s', (bytes) => {
    expect(() => oidText(Buffer.from(bytes, 'hex'))).toThrow(DerFault);
  });
  it('faults on nothing but DerFault, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          const reader = readDer(bytes);
          while (reader.more()) readDer(reader.any('outer').body).maybe(TAG.sequence, 'inner');
        } catch (fault) {
          expect(fault).toBeInstanceOf(DerFault);
        }
      }),
      { numRuns: 10_000 },
    );
  });
  it('reads nested sequences', () => {
    const outer = readDer(sequence(sequence(integer(3)), integer(4))).take(TAG.sequence, 'outer');
    const inner = readDer(outer.body);
    expect(hex(inner.take(TAG.sequence, 'inner').whole)).toBe('3003020103');
    expect(inner.maybe(TAG.sequence, 'none')).toBeNull();
    expect(hex(inner.take(TAG.integer, 'four').body)).toBe('04');
    inner.end('outer');
  });
});
