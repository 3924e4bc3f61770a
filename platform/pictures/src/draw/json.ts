/** Any JSON as a plain table: each value with the way to it. */
import { ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Paper, Row } from './paper.ts';

export const JSON_DEPTH_MAX = 64;
export const JSON_VALUES_MAX = 50_000;

export function parseJson(content: Uint8Array): Result<Json, Refusal> {
  try {
    const parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as Json;
    return ok(parsed);
  } catch {
    return refuse('invalid', 'NOT_DRAWN', 'draw the document: it is not JSON, wanted JSON in UTF-8');
  }
}

/** The rows of a value; refuses what is too deep or too much to be put on paper. */
export function rowsOf(json: Json): Result<Row[], Refusal> {
  const rows: Row[] = [];
  const waiting: { readonly way: string; readonly depth: number; readonly value: Json }[] = [
    { way: '', depth: 0, value: json },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { way, depth, value } = next;
    if (depth > JSON_DEPTH_MAX)
      return refuse('invalid', 'TOO_DEEP', `draw the document: it is deeper than ${JSON_DEPTH_MAX} levels`);
    if (rows.length + waiting.length >= JSON_VALUES_MAX)
      return refuse('invalid', 'TOO_MANY_VALUES', `draw the document: it has more than ${JSON_VALUES_MAX} values`);
    if (typeof value !== 'object' || value === null) rows.push([way || 'value', value === null ? '–' : String(value)]);
    else {
      const inside: [string, Json][] = Array.isArray(value)
        ? value.map((one, at) => [`${way} ${at + 1}`.trim(), one])
        : Object.entries(value).map(([name, one]) => [way === '' ? name : `${way} › ${name}`, one]);
      for (const [name, one] of inside.reverse()) waiting.push({ way: name, depth: depth + 1, value: one });
    }
  }
  return ok(rows);
}

export function jsonPaper(json: Json): Result<Paper, Refusal> {
  const rows = rowsOf(json);
  return rows.ok ? ok([{ is: 'rows', rows: rows.value }]) : rows;
}
