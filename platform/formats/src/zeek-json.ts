/** Zeek as JSON lines: one object a line, `id.orig_h` flat or nested, times as seconds or ISO 8601. */
import type { ZeekValue } from './zeek.ts';
import { ZEEK_FIELDS_MAX } from './zeek-tsv.ts';

type Row = { readonly path: string | null; readonly values: Record<string, ZeekValue> } | { readonly fault: string };

export function readJsonRow(text: string): Row {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { fault: 'is not a JSON object' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { fault: 'is not a JSON object' };
  const values: Record<string, ZeekValue> = Object.create(null) as Record<string, ZeekValue>;
  let fields = 0;
  for (const [name, value] of Object.entries(parsed)) {
    // Some shippers keep the record of the endpoints as an object.
    const nested = name === 'id' && isRecord(value) ? Object.entries(value) : null;
    for (const [field, inner] of nested
      ? nested.map(([part, of]) => [`id.${part}`, of] as const)
      : [[name, value] as const]) {
      if (++fields > ZEEK_FIELDS_MAX) return { fault: `has more than ${ZEEK_FIELDS_MAX} fields` };
      const plain = valueOf(inner);
      if (plain === undefined) return { fault: `has an object in "${field.slice(0, 40)}", a plain value wanted` };
      values[field] = plain;
    }
  }
  const ts = values['ts'];
  if (typeof ts === 'string') {
    const at = Date.parse(ts);
    if (Number.isNaN(at)) return { fault: `has ts "${ts.slice(0, 40)}", seconds or an ISO 8601 time wanted` };
    values['ts'] = at / 1_000;
  }
  const path = values['_path'];
  return { path: typeof path === 'string' ? path : null, values };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined for what a Zeek field cannot be. */
function valueOf(value: unknown): ZeekValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (!Array.isArray(value)) return undefined;
  const items: ZeekValue[] = [];
  for (const item of value as unknown[]) {
    const plain = Array.isArray(item) ? undefined : valueOf(item);
    if (plain === undefined) return undefined;
    items.push(plain);
  }
  return items;
}
