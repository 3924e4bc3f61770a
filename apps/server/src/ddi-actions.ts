/** What a hawkBit client's words mean, what it says that it runs, and when it is to come again. Pure. */
import type { DdiFeedback } from '@cityward/formats/ddi';
import { hash32 } from '@cityward/kernel';
import { VERSION_MAX_CHARS, type Meaning } from './polled-order.ts';

/** Attributes in which clients say what firmware they run, the first that is there counts. */
export const VERSION_ATTRIBUTES = ['firmware', 'firmware_version', 'fw_version', 'sw_version', 'version'] as const;

/** Feedback on a deployment. A rejection counts as one, and "finished" is only a claim until the version shows it. */
export function meaningOf({ execution, finished, details }: DdiFeedback): Meaning {
  const reason = details.filter(Boolean).at(-1) ?? execution;
  switch (execution) {
    case 'closed':
      return finished === 'failure' ? { is: 'failure', state: 'failed', reason } : { is: 'claim' };
    case 'rejected':
      return { is: 'failure', state: 'refused', reason };
    case 'canceled':
      return { is: 'failure', state: 'failed', reason: `taken back by the device: ${reason}` };
    case 'download':
    case 'downloaded':
    case 'scheduled':
      return { is: 'progress', state: 'downloading' };
    case 'proceeding':
    case 'resumed':
      return { is: 'progress', state: 'installing' };
  }
}

/** Feedback on a cancellation; null while it goes on. What the device had become by then, its version tells. */
export function endOf({ execution, details }: DdiFeedback): Meaning | null {
  if (execution === 'proceeding' || execution === 'scheduled' || execution === 'resumed') return null;
  const reason = `cancelled by the city: ${details.filter(Boolean).at(-1) ?? execution}`;
  return { is: 'failure', state: 'failed', reason };
}

/** The version among the attributes; null where none is said. */
export function versionIn(attributes: ReadonlyMap<string, string>): string | null {
  const name = VERSION_ATTRIBUTES.find((one) => attributes.get(one));
  return name === undefined ? null : attributes.get(name)!.slice(0, VERSION_MAX_CHARS);
}

/** Where among the others a device polls: its interval is up to a fifth shorter or longer, by its id, so that none come at once. */
export function pollSeconds(device: string, base: number): number {
  const place = (hash32(device) % 1_000) / 1_000 - 0.5;
  return Math.max(1, Math.round(base * (1 + 0.4 * place)));
}

const two = (value: number): string => String(value).padStart(2, '0');
/** `HH:MM:SS`, as clients of hawkBit read it. */
export const sleepText = (seconds: number): string => {
  const most = Math.min(seconds, 86_399);
  return `${two(Math.floor(most / 3_600))}:${two(Math.floor(most / 60) % 60)}:${two(most % 60)}`;
};
