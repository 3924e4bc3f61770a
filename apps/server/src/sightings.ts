/** What sensors saw of people, as pseudonyms: a stream of its own for each class, which nothing else reads, and which ends by the class's time. */
import { join } from 'node:path';
import { SIGHTING_CLASSES, type SightingClass } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS, OperationalFault } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { openStream, type Stream } from '@cityward/stream';
import { ownData, type OwnData, type SegmentSeen, type Vault } from '@cityward/vault';
import type { Config } from './config.ts';

/** How often it is looked what is over, and what lies there. */
const LOOK_EVERY_MS = 10 * MINUTE_MS;

export interface SightingsParts {
  readonly folder: string;
  readonly ownData: OwnData;
  readonly log: Log;
  /** Tells the copy register which files of a class there are. */
  readonly register: (name: string, segments: readonly SegmentSeen[]) => Promise<void>;
  readonly now?: () => number;
}
export interface Sightings {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Calls back once it is on disk. */
  appendThen(of: SightingClass, payload: Uint8Array, done: (fault: Error | null) => void): void;
  /** Deletes what is over, and has the register say what is there. */
  look(): Promise<void>;
  stats(): Readonly<Record<SightingClass, number>>;
}

export function createSightings({ folder, ownData, log, register, now }: SightingsParts): Sightings {
  const streams = new Map<SightingClass, Stream>();
  let looking: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    for (const [name, stream] of streams) {
      await stream.maintain();
      const segments = stream.segments().map(({ name: file, firstAt }) => ({ place: `${name}/${file}`, firstAt }));
      await register(name, segments);
    }
  };
  const lookAloud = (): Promise<void> =>
    look().catch((fault: unknown) =>
      log.error('files of sightings could not be looked after', { fault: String(fault) }),
    );
  return {
    start: async () => {
      for (const name of SIGHTING_CLASSES)
        streams.set(
          name,
          await openStream({
            ...{ folder: join(folder, name), retainMaxAgeMs: ownData.classes[name]!.keptDays * DAY_MS },
            ...(now ? { now } : {}),
            onNotice: ({ kind, message }) => log.warn(message, { kind }),
          }),
        );
      await lookAloud();
      looking = setInterval(() => void lookAloud(), LOOK_EVERY_MS).unref();
    },
    stop: async () => {
      clearInterval(looking);
      for (const stream of streams.values()) await stream.close();
      streams.clear();
    },
    appendThen: (of, payload, done) => {
      const stream = streams.get(of);
      if (!stream) return done(new OperationalFault('keep a sighting: the city has not started'));
      stream.appendThen(payload, done);
    },
    look,
    stats: () =>
      Object.fromEntries([...streams].map(([name, stream]) => [name, stream.stats().records])) as Record<
        SightingClass,
        number
      >,
  };
}

export const createSightingsFor = (
  { dataFolder }: Pick<Config, 'dataFolder'>,
  { log, vault }: { readonly log: Log; readonly vault: Pick<Vault, 'keepSegments'> },
): Sightings =>
  createSightings({
    folder: join(dataFolder, 'sightings'),
    ownData: ownData(),
    log: log.part('sightings'),
    register: (name, segments) => vault.keepSegments(name, segments),
  });
