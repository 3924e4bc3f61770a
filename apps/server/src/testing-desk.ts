/** A desk for tests of drivers: orders that a test sets, and every report as it came. */
import type { ArtifactRef, JobOrder, JobReport } from '@cityward/contracts';
import { ok, refuse, type Refusal } from '@cityward/kernel';
import { bytesInMemory } from '@cityward/objects';
import { createHash } from 'node:crypto';
import type { Desk, Running } from './desk.ts';

export interface TestDesk extends Desk {
  readonly reports: { readonly device: string; readonly report: JobReport }[];
  readonly sightings: { readonly device: string; readonly running: Running }[];
  readonly content: Map<string, Uint8Array>;
  readonly words: { readonly device: string; readonly words: string }[];
  /** Refuses the next reports with this. */
  refusal: Refusal | null;
  order(device: string, order: JobOrder | null): void;
  of(device: string): JobReport[];
}

export function testDesk(): TestDesk {
  const orders = new Map<string, JobOrder>();
  const listeners = new Set<(device: string) => void>();
  const reports: TestDesk['reports'] = [];
  const sightings: TestDesk['sightings'] = [];
  const content = new Map<string, Uint8Array>();
  const words: TestDesk['words'] = [];
  const desk: TestDesk = {
    reports,
    sightings,
    content,
    words,
    explained: (device, said) => void words.push({ device, words: said }),
    refusal: null,
    orderFor: (device) => orders.get(device) ?? null,
    report: (device, report) => {
      if (desk.refusal) return Promise.resolve({ ok: false, error: desk.refusal });
      if (orders.get(device)?.job.id !== report.job && !reports.some((one) => one.report.job === report.job))
        return Promise.resolve(refuse('not-found', 'NO_SUCH_ORDER', `take a report of "${device}": no such order`));
      reports.push({ device, report });
      const isOver =
        ['failed', 'refused', 'reverted'].includes(report.state) ||
        (report.state === 'done' && report.running !== null);
      if (isOver && orders.get(device)?.job.id === report.job) desk.order(device, null);
      return Promise.resolve(ok(undefined));
    },
    seen: (device, running) => void sightings.push({ device, running }),
    onOrder: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    source: (hash) => {
      const bytes = content.get(hash);
      return Promise.resolve(bytes ? bytesInMemory(bytes) : null);
    },
    onSaid: () => () => undefined,
    officersAfter: () => [],
    onOfficers: () => () => undefined,
    nextSeq: (device, job) =>
      1 +
      Math.max(
        0,
        ...reports.filter((one) => one.device === device && one.report.job === job).map((one) => one.report.seq),
      ),
    order: (device, order) => {
      if (order) orders.set(device, order);
      else orders.delete(device);
      for (const listener of listeners) listener(device);
    },
    of: (device) => reports.filter((one) => one.device === device).map((one) => one.report),
  };
  return desk;
}

/** An order as the desk hands it out; drivers do not look at signatures, devices do. */
export function unsignedOrder(device: string, artifact: ArtifactRef, counter = 1): JobOrder {
  const now = Date.now();
  return {
    order: 'job',
    job: {
      kind: 'cityward-job',
      version: 1,
      id: `job-${String(counter).padStart(4, '0')}`,
      city: 'Port Merrow',
      title: 'A change for a test',
      devices: { count: 1, root: '0'.repeat(64) },
      action: { do: 'install', artifact },
      notBefore: now - 60_000,
      notAfter: now + 3_600_000,
      revert: null,
    },
    signatures: [{ key: 'key-ada', alg: 'ed25519', signature: 'AA' }],
    leaf: { device, counter },
    index: 0,
    proof: [],
    source: null,
    part: 'forward',
  };
}

export function artifactFrom(bytes: Uint8Array, version: string, name = 'fw.swu'): ArtifactRef {
  return { name, version, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}
