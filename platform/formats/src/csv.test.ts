/** CSV: quotes, line numbers, recovery, and csv-parse as an oracle for well-formed files. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSV_CELL_MAX_CHARS, CSV_COLUMNS_MAX, encodingFault, guessDelimiter, openCsv, type CsvRow } from './csv.ts';

const read = (text: string): CsvRow[] => {
  const table = openCsv(text);
  if ('fault' in table) throw new Error(table.fault);
  return [...table.rows()];
};

describe('rows', () => {
  it('reads quotes, doubled quotes, delimiters and line breaks in cells, with the line each row begins on', () => {
    expect(read('a,b\n1,2\n"x\ny, ""z""",3\n\n4,5\r\n6')).toEqual([
      { line: 2, cells: ['1', '2'] },
      { line: 3, cells: ['x\ny, "z"', '3'] },
      { line: 6, cells: ['4', '5'] },
      { line: 7, cells: ['6'] },
    ]);
  });

  it.each([
    ['a,b\r\n1,2\r\n', [['1', '2']]],
    ['\ufeffa,b\n1,2', [['1', '2']]],
    ['a;b\n1,5;2', [['1,5', '2']]],
    ['a\tb\n1\t2\n', [['1', '2']]],
    ['a,b\r1,2\r3,4', [['1', '2'], ['3', '4']]], // prettier-ignore
    ['a,b\n12" pipe,2', [['12" pipe', '2']]],
    ['a,b\n1,"2"\r\n', [['1', '2']]],
    ['a,b\n1,2,,\n', [['1', '2']]],
    ['a,b\n1,""\n', [['1', '']]],
  ])('reads %j', (text, wanted) => {
    expect(read(text).map((row) => ('cells' in row ? row.cells : row.fault))).toEqual(wanted);
  });

  it('rejects a broken row with its line and reason and keeps all the others', () => {
    const rows = read('a,b\n1,2\n"x"y,3\n4,5\n"open,6\n7,8\n9,10,11\n12,13');
    expect(rows.map((row) => row.line)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(rows.flatMap((row) => ('fault' in row ? [row.fault] : []))).toEqual([
      'cell 1 goes on with "y" after its closing quote, "," or the line\'s end wanted',
      `cell 1 opens with a quote that is not closed within ${CSV_CELL_MAX_CHARS} characters`,
      '3 cells, 2 wanted as in the header',
    ]);
  });

  it('says what is wrong with a file that has no usable header', () => {
    expect(openCsv('')).toEqual({ fault: 'read CSV: the file is empty, a header line and rows wanted' });
    expect(openCsv('\n\n')).toHaveProperty('fault');
    expect(openCsv('"a"b,c\n1,2')).toHaveProperty('fault', expect.stringContaining('line 1'));
    expect(openCsv(','.repeat(CSV_COLUMNS_MAX))).toHaveProperty('fault', expect.stringContaining('at most 1000'));
  });
});

describe('guesses', () => {
  it.each([
    ['a,b,c\n1,2,3', ','],
    ['a;b;c\n1,5;2;3', ';'],
    ['name\tlat\tlon\nx, y\t1\t2', '\t'],
    ['"a,b";c\n"1,2";3', ';'],
    ['a|b\n1|2', '|'],
    ['alone\n1', ','],
  ])('the delimiter of %j is %j', (text, wanted) => expect(guessDelimiter(text)).toBe(wanted));

  it('names the line of an encoding fault', () => {
    expect(encodingFault('a,b\nWhāngārei,2')).toBeNull();
    expect(encodingFault('a,b\nWh\ufffdng,2')).toContain('line 2');
    expect(encodingFault(Buffer.from('a,b', 'utf16le').toString('utf8'))).toContain('zero byte');
  });
});

describe('against csv-parse and noise', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'Z', '"', ',', '\n', '\r\n', ' ', 'ā', ';', '0'), maxLength: 8 });
  const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  it('reads what csv-parse reads, for every well-formed file', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 }), (rows) => {
        const text = `a,b,c\n${rows.map((row) => row.map(quote).join(',')).join('\n')}\n`;
        const table = openCsv(text, ',');
        if ('fault' in table) throw new Error(table.fault);
        const ours = [...table.rows()].map((row) => ('cells' in row ? row.cells : row.fault));
        expect(ours).toEqual(parse(text, { from: 2, record_delimiter: '\n' }));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, never loops, and numbers lines upwards, whatever it is given', () => {
    const noise = fc.string({
      unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '\0', '\ufffd', ';', '\t'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(noise, (text) => {
        const table = openCsv(text);
        if ('fault' in table) return;
        const lines = [...table.rows()].map((row) => row.line);
        expect([...lines].sort((a, b) => a - b)).toEqual(lines);
        expect(new Set(lines).size).toBe(lines.length);
        expect(lines.at(-1) ?? 1).toBeLessThanOrEqual(text.split(/\n|\r/).length);
      }),
      { numRuns: 10_000 },
    );
  });
});
