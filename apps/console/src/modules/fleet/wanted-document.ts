/** A configuration document as somebody types it, and its values as text; pure. */

/** The object that the text holds; null where it is none, or no JSON. */
export function documentIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The value at a path such as `ntp.servers`; members whose own names hold points are found too. Undefined where there is none. */
export function valueAt(document: unknown, path: string): unknown {
  if (document === null || typeof document !== 'object' || Array.isArray(document)) return undefined;
  const members = document as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(members, path)) return members[path];
  for (const name of Object.keys(members)) {
    if (!path.startsWith(`${name}.`)) continue;
    const found = valueAt(members[name], path.slice(name.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
