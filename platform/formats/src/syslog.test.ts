/** RFC 5424 messages: the examples of the RFC, what its grammar forbids, and noise. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSLOG_ELEMENTS_MAX, parseSyslog, type SyslogMessage } from './syslog.ts';

const CASES = 10_000;
const parse = (text: string | Uint8Array): SyslogMessage => {
  const result = parseSyslog(Buffer.from(text as string));
  if (!result.ok) throw new Error(`${result.error.reason} at ${result.error.offset}`);
  return result.value;
};
const fault = (text: string | Uint8Array): string => {
  const result = parseSyslog(Buffer.from(text as string));
  return result.ok ? 'taken' : `${result.error.offset}: ${result.error.reason}`;
};

describe('what the grammar allows', () => {
  test('a message with a byte order mark and no structured data', () => {
    const text =
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8";
    expect(parse(text)).toEqual({
      facility: 4,
      severity: 2,
      timestamp: Date.UTC(2003, 9, 11, 22, 14, 15, 3),
      hostname: 'mymachine.example.com',
      app: 'su',
      procId: null,
      msgId: 'ID47',
      structured: [],
      message: "'su root' failed for lonvick on /dev/pts/8",
      encoding: 'utf-8',
    });
  });

  test('offsets and fractions of a second', () => {
    const at = (time: string): number | null => parse(`<0>1 ${time} - - - - -`).timestamp;
    expect(at('2003-08-24T05:14:15.000003-07:00')).toBe(Date.UTC(2003, 7, 24, 12, 14, 15, 0));
    expect(at('1985-04-12T19:20:50.52-04:00')).toBe(Date.UTC(1985, 3, 12, 23, 20, 50, 520));
    expect(at('2024-02-29T23:59:59.999999+05:30')).toBe(Date.UTC(2024, 1, 29, 18, 29, 59, 999));
    expect(at('-')).toBeNull();
  });

  test('structured data with escapes, several elements and no message', () => {
    const text = '<165>1 - h a 1 m [one@1 a="1" b="q\\"b\\\\c\\]d\\n"][two@2 a="x" a="é"]';
    expect(parse(text)).toMatchObject({
      facility: 20,
      severity: 5,
      structured: [
        {
          id: 'one@1',
          params: [
            ['a', '1'],
            ['b', 'q"b\\c]d\\n'],
          ],
        },
        {
          id: 'two@2',
          params: [
            ['a', 'x'],
            ['a', 'é'],
          ],
        },
      ],
      message: '',
    });
    expect(parse('<1>1 - - - - - [x]').structured).toEqual([{ id: 'x', params: [] }]);
  });

  test('a message that is not UTF-8 and does not claim it keeps every byte', () => {
    const latin = Buffer.concat([Buffer.from('<1>1 - - - - - - caf'), Buffer.of(0xe9)]);
    expect(parse(latin)).toMatchObject({ message: 'café', encoding: 'unknown' });
    expect(parse('<1>1 - - - - - - caf\u00e9')).toMatchObject({ message: 'café', encoding: 'utf-8' });
  });
});

describe('what it forbids', () => {
  test.each([
    ['', '0: it does not begin with "<"'],
    ['Oct 11 22:14:15 su: x', '0: it does not begin with "<"'],
    ['<>1 - - - - - -', '1: PRI wanted, as "<0>" to "<191>"'],
    ['<1234>1 - - - - - -', '1: PRI wanted, as "<0>" to "<191>"'],
    ['<034>1 - - - - - -', '1: PRI "034" has a leading zero'],
    ['<192>1 - - - - - -', '1: PRI 192 is above 191'],
    ['<34>Oct 11 22:14:15 host su: x', '4: version 1 wanted after PRI (RFC 5424; the older BSD form has none)'],
    ['<34>12 - - - - - -', '4: version 1 wanted after PRI (RFC 5424; the older BSD form has none)'],
    ['<34>1- - - - - - -', '5: a space wanted after VERSION'],
    [
      '<34>1 2003-10-11t22:14:15z - - - - -',
      '6: TIMESTAMP "2003-10-11t22:14:15z" is no RFC 3339 time with capital T and Z or offset',
    ],
    ['<34>1 2003-02-29T22:14:15Z - - - - -', '6: TIMESTAMP "2003-02-29T22:14:15Z" is no time that there is'],
    ['<34>1 2003-13-01T22:14:15Z - - - - -', '6: TIMESTAMP "2003-13-01T22:14:15Z" is no time that there is'],
    ['<34>1 2003-10-11T22:14:60Z - - - - -', '6: TIMESTAMP "2003-10-11T22:14:60Z" is no time that there is'],
    ['<34>1 2003-10-11T22:14:15+24:00 - - - - -', '6: TIMESTAMP "2003-10-11T22:14:15+24:00" is no time that there is'],
    [`<34>1 - ${'h'.repeat(256)} - - - -`, '8: HOSTNAME has 256 bytes, at most 255 wanted'],
    [`<34>1 - - ${'a'.repeat(49)} - - -`, '10: APP-NAME has 49 bytes, at most 48 wanted'],
    ['<34>1 - -  - - - -', '10: APP-NAME is empty, "-" or a value wanted'],
    ['<34>1 - h\u00e9 - - - -', '9: a space wanted after HOSTNAME'],
    ['<34>1 - - - - -', '15: a space wanted after MSGID'],
    ['<34>1 - - - - - x', '16: STRUCTURED-DATA wanted, "-" or "["'],
    ['<34>1 - - - - - []', '17: SD-ID wanted'],
    [`<34>1 - - - - - [${'i'.repeat(33)}]`, '17: SD-ID has 33 bytes, at most 32 wanted'],
    ['<34>1 - - - - - [a', '18: "]" or a space and a parameter wanted'],
    ['<34>1 - - - - - [a b]', '20: "=" wanted after PARAM-NAME "b"'],
    ['<34>1 - - - - - [a b=c]', '21: a quoted PARAM-VALUE wanted'],
    ['<34>1 - - - - - [a b="c', '22: PARAM-VALUE has no closing quote'],
    ['<34>1 - - - - - [a b="c]"]', '23: "]" in a PARAM-VALUE wants a backslash before it'],
    ['<34>1 - - - - - [a][a]', '19: SD-ID "a" comes twice'],
    ['<34>1 - - - - - -message', '17: a space wanted after STRUCTURED-DATA'],
  ])('%j', (text, wanted) => expect(fault(text)).toBe(wanted));

  test('wrong UTF-8 where UTF-8 is claimed, and more structure than anybody needs', () => {
    expect(fault(Buffer.concat([Buffer.from('<1>1 - - - - - - \ufeff'), Buffer.of(0xff)]))).toMatch(
      /^17: MSG begins with a byte order mark/,
    );
    const value = Buffer.concat([Buffer.from('<1>1 - - - - - [a b="'), Buffer.of(0xc3), Buffer.from('"]')]);
    expect(fault(value)).toBe('21: PARAM-VALUE is not UTF-8');
    const many = Array.from({ length: SYSLOG_ELEMENTS_MAX + 1 }, (_, i) => `[e${i}]`).join('');
    expect(fault(`<1>1 - - - - - ${many}`)).toMatch(/more than 64 elements/);
  });
});

const visible = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  });
const sdName = visible(32).map((text) => text.replaceAll(/[=\]"]/g, '_'));
const escape = (value: string): string => value.replaceAll(/(["\\\]])/g, '\\$1');

test('what is written comes back', () => {
  const element = fc.record({
    id: sdName,
    params: fc.array(fc.tuple(sdName, fc.string({ unit: 'grapheme', maxLength: 20 })), { maxLength: 4 }),
  });
  const made = fc.record({
    prival: fc.nat({ max: 191 }),
    host: fc.option(visible(255)),
    app: fc.option(visible(48)),
    structured: fc.uniqueArray(element, { maxLength: 4, selector: (one) => one.id }),
    message: fc.string({ unit: 'grapheme', maxLength: 60 }),
    hasBom: fc.boolean(),
    at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  });
  fc.assert(
    fc.property(made, ({ prival, host, app, structured, message, hasBom, at }) => {
      const elements = structured.map(
        ({ id, params }) => `[${id}${params.map(([name, value]) => ` ${name}="${escape(value)}"`).join('')}]`,
      );
      const text = message.replace(/^\ufeff+/, '');
      const line = `<${prival}>1 ${new Date(at).toISOString()} ${host ?? '-'} ${app ?? '-'} - - ${elements.join('') || '-'} ${hasBom ? '\ufeff' : ''}${text}`;
      expect(parse(line)).toEqual({
        facility: prival >> 3,
        severity: prival & 7,
        timestamp: at,
        hostname: host === '-' ? null : host,
        app: app === '-' ? null : app,
        procId: null,
        msgId: null,
        structured,
        message: text,
        encoding: 'utf-8',
      });
    }),
    { numRuns: 2_000 },
  );
});

test('noise and changed messages never throw, and every rejection has its place', () => {
  const whole = Buffer.from('<165>1 2003-10-11T22:14:15.003Z h a 1 m [one@1 a="1" b="x\\]"] \ufeffhello é');
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }).map((changes) => {
      const bytes = Buffer.from(whole);
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      return bytes.subarray(0, changes[0]![0] % 3 === 0 ? changes[0]![0] % bytes.length : bytes.length);
    }),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      const result = parseSyslog(bytes);
      if (result.ok) return;
      expect(result.error.reason).not.toBe('');
      expect(result.error.offset).toBeGreaterThanOrEqual(0);
      expect(result.error.offset).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: CASES },
  );
});
