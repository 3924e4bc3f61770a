/** Zeek logs in both forms: types, escapes, labels, mapping to conversations, and noise. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createZeekReader, parseZeekLog, zeekFlow, ZEEK_LINE_MAX_CHARS, ZEEK_OUTCOMES, type ZeekRow } from './zeek.ts';

const HEADER = ['#separator \\x09', '#set_separator\t,', '#empty_field\t(empty)', '#unset_field\t-', '#path\tconn'];
const FIELDS =
  '#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\ttunnel_parents';
const TYPES = '#types\ttime\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\tstring\tbool\tset[string]';
const LINE = '1700000000.25\t10.0.0.1\t50000\t192.0.2.7\t443\ttcp\t1.5\t10\t-\tSF\tT\t(empty)';
const tsv = (...lines: string[]): string => [...HEADER, FIELDS, TYPES, ...lines].join('\n');
const flowOf = (row: ZeekRow | undefined, options = {}) => {
  const answer = zeekFlow(row!, options);
  return 'flow' in answer ? answer.flow : answer;
};

describe('tab-separated', () => {
  it('reads fields by name and type, unset as null, empty as an empty list', () => {
    const { rows, rejected } = parseZeekLog(tsv(LINE, '#close\t2023-11-14-22-13-20'));
    expect(rejected).toEqual([]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ line: 8, path: 'conn' });
    expect({ ...rows[0]!.values }).toEqual({
      ts: 1_700_000_000.25,
      'id.orig_h': '10.0.0.1',
      'id.orig_p': 50_000,
      'id.resp_h': '192.0.2.7',
      'id.resp_p': 443,
      proto: 'tcp',
      duration: 1.5,
      orig_bytes: 10,
      resp_bytes: null,
      conn_state: 'SF',
      local_orig: true,
      tunnel_parents: [],
    });
  });

  it('reads escapes, also of bytes beyond ASCII, and sets', () => {
    const text = ['#separator \\x09', '#path\thttp', '#fields\turi\ttags', '#types\tstring\tset[string]'].join('\n');
    const { rows } = parseZeekLog(`${text}\na\\x09b\\xc4\\x81\\\\x09\tp,q\\x2cr`);
    expect({ ...rows[0]!.values }).toEqual({ uri: 'a\tbā\\x09', tags: ['p', 'q,r'] });
  });

  it('reads label columns, parted by tabs or by spaces', () => {
    const tabs = parseZeekLog(
      '#fields\tproto\tlabel\tdetailedlabel\n#types\tstring\tstring\tstring\ntcp\tMalicious\tScan',
    );
    const spaces = parseZeekLog(
      '#fields\tproto\ttunnel_parents   label   detailed-label\n#types\tenum\tset[string]   string   string\ntcp\t-   Malicious   C&C beat',
    );
    expect({ ...tabs.rows[0]!.values }).toEqual({ proto: 'tcp', label: 'Malicious', detailedlabel: 'Scan' });
    expect({ ...spaces.rows[0]!.values }).toEqual({
      proto: 'tcp',
      tunnel_parents: null,
      label: 'Malicious',
      'detailed-label': 'C&C beat',
    });
  });

  it('takes the separator that the file names, and a second header in the middle', () => {
    const text =
      '#separator \\x2c\n#path,dns\n#fields,query\n#types,string\nexample.org\n#separator \\x09\n#path\tconn\n#fields\ta\tb\n1\t2';
    const { rows } = parseZeekLog(text);
    expect(rows.map((row) => [row.path, { ...row.values }])).toEqual([
      ['dns', { query: 'example.org' }],
      ['conn', { a: '1', b: '2' }],
    ]);
  });

  it.each([
    [LINE, 'comes before any "#fields" line'],
    [tsv('1\t2'), 'has 2 fields, 12 wanted as in the "#fields" line'],
    [tsv(LINE.replace('443', 'https')), 'has "https" in "id.resp_p", a port wanted'],
    [tsv(LINE.replace('\tT\t', '\tyes\t')), 'has "yes" in "local_orig", a bool wanted'],
    ['#fields\ta\ta', 'names the field "a" twice'],
    ['#separator ab', 'has separator "ab", one character wanted'],
    ['x'.repeat(ZEEK_LINE_MAX_CHARS + 1), `at most ${ZEEK_LINE_MAX_CHARS} wanted`],
    ['{"ts":', 'is not a JSON object'],
    ['{"ts":1,"x":{"y":1}}', 'has an object in "x", a plain value wanted'],
    ['{"ts":"yesterday"}', 'has ts "yesterday", seconds or an ISO 8601 time wanted'],
  ])('rejects line %#, says why, and keeps the others', (text, fault) => {
    const { rejected } = parseZeekLog(text);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]!.fault).toContain(fault);
    expect(rejected[0]!.line).toBe(text.split('\n').length);
    expect(parseZeekLog(`${text}\n{"a":1}`).rows).toHaveLength(1);
  });
});

describe('JSON lines', () => {
  it('reads flat and nested endpoints, ISO times and the log it says it is', () => {
    const text =
      '\ufeff{"_path":"conn","ts":"2023-11-14T22:13:20.5Z","id":{"orig_h":"10.0.0.1"},"answers":["a","b"]}\r\n\n{"qtype_name":"A"}';
    const { rows } = parseZeekLog(text);
    expect(rows.map((row) => [row.line, row.path])).toEqual([
      [1, 'conn'],
      [3, 'dns'],
    ]);
    expect(rows[0]!.values).toMatchObject({ ts: 1_700_000_000.5, 'id.orig_h': '10.0.0.1', answers: ['a', 'b'] });
  });

  it('is not led astray by names of the prototype', () => {
    const { rows } = parseZeekLog('{"__proto__":1,"constructor":2,"conn_state":"toString","ts":1}');
    expect(rows[0]!.values['constructor']).toBe(2);
    expect(zeekFlow(rows[0]!)).toHaveProperty('fault');
  });
});

describe('conversations', () => {
  const row = (values: object): ZeekRow => ({
    line: 1,
    path: 'conn',
    values: {
      ts: 1_700_000_000,
      'id.orig_h': '10.0.0.1',
      'id.orig_p': 1,
      'id.resp_h': '2001:db8::1',
      'id.resp_p': 22,
      proto: 'tcp',
      conn_state: 'SF',
      ...values,
    },
  });

  it('are made of conn rows, with devices by their address', () => {
    const deviceAt = (address: string): string | null => (address === '10.0.0.1' ? 'cam-0001' : null);
    expect(flowOf(parseZeekLog(tsv(LINE)).rows[0], { deviceAt })).toEqual({
      kind: 'flow',
      at: 1_700_000_000_250,
      src: 'cam-0001',
      dst: 'ip:192.0.2.7',
      dst_port: 443,
      protocol: 'tcp',
      outcome: 'answered',
      bytes_out: 10,
      bytes_in: 0,
      duration_ms: 1_500,
    });
  });

  it.each(Object.entries(ZEEK_OUTCOMES))('%s is %s', (state, outcome) =>
    expect(flowOf(row({ conn_state: state }))).toMatchObject({ outcome, dst: 'ip:2001:db8::1' }),
  );
  it('from the middle are answered when the responder spoke', () =>
    expect(flowOf(row({ conn_state: 'OTH', resp_pkts: 2 }))).toMatchObject({ outcome: 'answered' }));
  it('with relative times begin when the capture is said to have begun', () => {
    expect(flowOf(row({ ts: 928.943457 }))).toMatchObject({ at: 928_943 });
    expect(flowOf(row({ ts: 928.943457 }), { began: 1_000_000 })).toMatchObject({ at: 1_928_943 });
  });
  it('leave out other logs and ICMP that asks nothing', () => {
    expect(zeekFlow({ ...row({}), path: 'dns' })).toHaveProperty('skipped');
    expect(zeekFlow(row({ proto: 'icmp', 'id.orig_p': 3, 'id.resp_p': 3 }))).toHaveProperty('skipped');
    expect(flowOf(row({ proto: 'icmp', 'id.orig_p': 8, conn_state: 'OTH' }))).toMatchObject({
      protocol: 'icmp',
      dst_port: 0,
      outcome: 'unanswered',
    });
    expect(flowOf(row({ proto: 'sctp' }))).toMatchObject({ protocol: 'other' });
  });
  it.each([
    [{ ts: -1 }, 'ts "-1"'],
    [{ ts: 1e300 }, 'ts "1e+300"'],
    [{ 'id.orig_h': 'host' }, 'address "host"'],
    [{ 'id.resp_h': 'fe80::1%eth0' }, 'address "fe80::1%eth0"'],
    [{ 'id.resp_p': 65_536 }, 'port "65536"'],
    [{ 'id.resp_p': 1.5 }, 'port "1.5"'],
    [{ conn_state: 'XX' }, 'conn_state "XX"'],
    [{ proto: null }, 'proto "-"'],
  ])('are refused with the value: %j', (values, fault) =>
    expect(zeekFlow(row(values))).toHaveProperty('fault', expect.stringContaining(fault)),
  );
});

const GOOD = {
  _path: 'conn',
  ts: 1,
  'id.orig_h': '10.0.0.1',
  'id.orig_p': 8,
  'id.resp_h': '192.0.2.7',
  'id.resp_p': 0,
  proto: 'icmp',
  conn_state: 'OTH',
};

describe('noise', () => {
  const unit = fc.constantFrom(
    '\t',
    '\n',
    '\r',
    ' ',
    '-',
    '#',
    '{',
    '}',
    '"',
    ':',
    '\\x09',
    '\\',
    '0',
    '9.1',
    'T',
    'ts',
    'a',
    '(empty)',
    ',',
    '#fields\t',
    '#types\t',
    '#separator ',
    '#path\tconn',
    'time',
    'set[count]',
    'ā',
    '\u0000',
  );
  const noise = fc.array(unit, { maxLength: 60 }).map((parts) => parts.join(''));
  const value = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('SF', 'tcp', '10.0.0.1', 'icmp'),
  );
  const object = fc.dictionary(
    fc.constantFrom(
      'ts',
      'id.orig_h',
      'id.resp_h',
      'id.resp_p',
      'id.orig_p',
      'proto',
      'conn_state',
      '_path',
      'orig_bytes',
      'duration',
      'id',
    ),
    value,
    { maxKeys: 2 },
  );

  it('never throws, and gives every line once: as a row, as rejected, or as header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          noise,
          noise.map((text) => tsv(text)),
          noise.map((text) => tsv(LINE, LINE.slice(0, text.length) + text)),
        ),
        (text) => {
          const { rows, rejected } = parseZeekLog(text);
          const lines = [...rows, ...rejected].map((read) => read.line);
          expect(new Set(lines).size).toBe(lines.length);
          expect(Math.max(0, ...lines)).toBeLessThanOrEqual(text.split('\n').length);
          for (const row of rows) zeekFlow(row);
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('makes only flows that the contract takes', () => {
    const reader = createZeekReader();
    fc.assert(
      fc.property(object, (given) => {
        const read = reader.read(JSON.stringify({ ...GOOD, ...given }));
        if (read === null || 'fault' in read) return;
        const answer = zeekFlow(read);
        if (!('flow' in answer)) return;
        const { flow } = answer;
        expect(flow.src).toMatch(/^ip:[0-9a-fA-F.:]{2,45}$/);
        for (const count of [flow.at, flow.dst_port, flow.bytes_out, flow.bytes_in, flow.duration_ms ?? 0])
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});
