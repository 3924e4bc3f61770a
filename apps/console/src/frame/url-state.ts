/** All state that an address can hold; what is not listed here is dropped, so that a link never carries surprises. */
const TEXTS = [
  'ward',
  'device',
  'q',
  'class',
  'state',
  'maker',
  'criticality',
  'trust',
  'bbox',
  'sort',
  'cols',
  'tab',
  'situation',
  'verdict',
  'type',
  'subject',
  'actor',
  'incident',
  'view',
  'outcome',
  'drift',
  'item',
] as const;
const NUMBERS = ['from', 'to', 'svg', 'hours', 'source'] as const;

export type UrlState = { readonly [Key in (typeof TEXTS)[number]]?: string } & {
  readonly [Key in (typeof NUMBERS)[number]]?: number;
};
/** A change of the address: `null` or an empty text takes the key out. */
export type UrlPatch = { readonly [Key in keyof UrlState]?: UrlState[Key] | null };

const TEXT_MAX = 500;

/** Reads the search part of an address; wrong types are dropped, not refused. */
export function readUrl(raw: Readonly<Record<string, unknown>>): UrlState {
  const state: Record<string, string | number> = {};
  for (const key of TEXTS) {
    const value = raw[key];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number')
      state[key] = String(value).slice(0, TEXT_MAX);
  }
  for (const key of NUMBERS) {
    const value = Number(raw[key]);
    if (raw[key] !== undefined && raw[key] !== '' && Number.isFinite(value)) state[key] = value;
  }
  return state;
}

/** The state after a patch. */
export function patchUrl(state: UrlState, patch: UrlPatch): UrlState {
  const next: Record<string, unknown> = { ...state, ...patch };
  for (const key of Object.keys(next))
    if (next[key] === null || next[key] === undefined || next[key] === '') delete next[key];
  return next;
}

/** What goes along from page to page: the part of the city and the time. */
export const carried = (state: UrlState): UrlState =>
  patchUrl({}, { ward: state.ward ?? null, from: state.from ?? null, to: state.to ?? null, svg: state.svg ?? null });
