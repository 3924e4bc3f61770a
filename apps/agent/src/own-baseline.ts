/** How a device with our agent is set up, as it reads it of itself: the settings that it runs, and what it holds to be trusted. */
import {
  BASELINE_LIST_MAX,
  BASELINE_NAME,
  BASELINE_TEXT_MAX,
  BASELINE_VALUES_MAX,
  type BaselineReport,
  type BaselineValues,
  type SourceReading,
} from '@cityward/contracts';
import { DAY_MS, type Json } from '@cityward/kernel';
import { readAsk, reportOf } from './site-gateway/baseline-reader.ts';

export interface Self {
  readonly device: string;
  /** The configuration document that it runs; null while it runs none. */
  readonly settings: Json | null;
  /** When its certificate ends. */
  readonly certificateUntil: number;
  /** Whether only its owner reads the key; null where it does not lie in a file. */
  readonly keyIsPrivate: boolean | null;
  /** Version of the officers' document that it has pinned; null while it has none. */
  readonly officers: number | null;
  /** As of its link to the city, such as `TLSv1.3`; null while there is none. */
  readonly tls: string | null;
}

const DEPTH_MAX = 8;
const NAME = new RegExp(BASELINE_NAME, 'u');

/** `{"ntp":{"servers":[…]}}` as `ntp.servers`: flat, as the baseline reads settings. What has no agreed form is left out, and so missing. */
export function flat(settings: Json | null): BaselineValues {
  const values: BaselineValues = {};
  let count = 0;
  const walk = (value: Json, name: string, depth: number): void => {
    if (count >= BASELINE_VALUES_MAX || depth > DEPTH_MAX) return;
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [member, inner] of Object.entries(value))
        walk(inner, name === '' ? member : `${name}.${member}`, depth + 1);
      return;
    }
    const leaf = leafOf(value);
    if (leaf === null || !NAME.test(name)) return;
    count++;
    values[name] = leaf;
  };
  walk(settings, '', 0);
  return values;
}

function leafOf(value: Json): BaselineValues[string] | null {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'string') return value.length <= BASELINE_TEXT_MAX ? value : null;
  if (!Array.isArray(value) || value.length > BASELINE_LIST_MAX) return null;
  const texts = value.map((one) => (typeof one === 'string' && one.length <= BASELINE_TEXT_MAX ? one : null));
  return texts.includes(null) ? null : (texts as string[]);
}

const daysUntil = (until: number, now: number): number => Math.floor((until - now) / DAY_MS);

function agentReading(self: Self, now: number): SourceReading {
  const values: BaselineValues = {
    'officers.pinned': self.officers !== null,
    'certificate.daysLeft': daysUntil(self.certificateUntil, now),
  };
  if (self.keyIsPrivate !== null) values['key.private'] = self.keyIsPrivate;
  if (self.tls !== null) values['tls.version'] = self.tls;
  return { state: 'read', values };
}

/** What is asked of this device; null for an ask that is none, or is not for it, or is over. */
export function answerAsk(payload: Uint8Array, self: () => Self, now: number): BaselineReport | null {
  const ask = readAsk(payload);
  if (!ask || ask.notAfter <= now) return null;
  const own = self();
  if (!ask.devices.includes(own.device)) return null;
  const sources = ask.reads.map(({ source }) => ({ source, reading: readingOf(source, own, now) }));
  return reportOf({ scan: ask.scan, subject: own.device, at: now, sources });
}

function readingOf(source: BaselineReport['sources'][number]['source'], self: Self, now: number): SourceReading {
  if (source === 'settings') return { state: 'read', values: flat(self.settings) };
  if (source === 'agent') return agentReading(self, now);
  return { state: 'absent', why: 'This device has no such interface' };
}
