/** Findings that rest on no observation: another module knows something that an analyst must look at. */
import { grow, keyOf, openFinding, raise } from './findings.ts';
import type { WatchState } from './state.ts';

export interface ToldOfTrust {
  readonly device: string;
  readonly about: { readonly name: string; readonly kind: string; readonly ward: string | null };
  /** Why there is no trust in it. */
  readonly reason: string;
  readonly at: number;
  readonly simulated: boolean;
}

const MARKS = { replay: false, authenticated: true } as const;

/** One finding while it is open; what was dismissed before was about that time and silences nothing later. */
export function trustLost(state: WatchState, { device, about, reason, at, simulated }: ToldOfTrust): void {
  const { registry } = state;
  const key = keyOf(device, 'trust', 'none');
  registry.known.delete(key);
  const open = openFinding(registry, key, at);
  if (open) return grow(registry, open, { at, count: 1, marks: { ...MARKS, simulated } });
  raise(registry, {
    ...{
      id: state.idOf(`${key}|${at}`),
      key,
      device,
      about,
      at,
      lastAt: at,
      count: 1,
      severity: 'alarm',
      peers: [],
      port: null,
    },
    ...{ ...MARKS, simulated, skewMs: 0, cause: { detector: 'trust', reason } },
  });
}
