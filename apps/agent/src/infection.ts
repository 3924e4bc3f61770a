/**
 * A botnet's firmware, as behaviour of the agents that catch it: somebody logs in to a camera that kept its factory password; it
 * calls an address outside, knocks on its neighbours' doors and logs in to those that kept theirs. Pure: time and answers come in.
 */
import type { Flow } from '@cityward/contracts';
import { SECOND_MS, seeded, type Random } from '@cityward/kernel';
import type { PortMerrow } from '@cityward/city/reference';
import type { Attempt } from './fabric.ts';

export interface Story {
  readonly seed: string;
  /** The camera that is reached first. */
  readonly first: string;
  /** Who logs in to it, and whom the infected call: node references to addresses of the documentation ranges. */
  readonly intruder: string;
  readonly master: string;
  readonly masterPort: number;
  /** Milliseconds since 1970. */
  readonly startAt: number;
  /** No more than so many are ever infected. */
  readonly most: number;
}
/** What a story may leave to its seed. */
export interface StoryChoices {
  readonly seed: string;
  readonly startAt: number;
  readonly first?: string;
  readonly intruder?: string;
  readonly master?: string;
  readonly masterPort?: number;
  readonly most?: number;
}

const TELNET = 23;
const WEB = 80;
const MOST = 14;
const KNOCKS_PER_ROUND = 6;
const ROUND_MS = 4 * SECOND_MS;
/** After a whole pass over its list a bot rests. */
const REST_MS = 240 * SECOND_MS;
const BEACON_MS = 20 * SECOND_MS;
/** From the login to the first sign of life. */
const LOADING_MS = 6 * SECOND_MS;
const MASTER_PORTS = [40_000, 49_000] as const;
/** Addresses of a site that nobody has, among those that a bot tries. */
const EMPTY_ADDRESSES = 6;
/** This model's firmware before version 3 takes the password that it left the factory with. */
const WEAK = { model: 'Corvane C220', before: 3 } as const;

type Device = PortMerrow['devices'][number];

export const acceptsFactoryPassword = (device: Device): boolean =>
  device.model === WEAK.model && Number.parseInt(device.firmware ?? '99', 10) < WEAK.before;

/** Chooses what is left open; throws when the city has no such camera. The newest weak cameras are reached first. */
export function planStory(city: PortMerrow, choices: StoryChoices): Story {
  const random = seeded(`${choices.seed}/story`);
  const weak = city.devices.filter(acceptsFactoryPassword);
  weak.sort((a, b) => (b.installed ?? 0) - (a.installed ?? 0) || (a.id < b.id ? -1 : 1));
  const chosen = choices.first ?? weak[random.int(Math.min(3, weak.length))]?.id;
  if (chosen === undefined || !weak.some((device) => device.id === chosen)) {
    throw new Error(`begin the story at "${chosen ?? ''}": want a camera that kept its factory password`);
  }
  return {
    seed: choices.seed,
    first: chosen,
    intruder: choices.intruder ?? `ip:203.0.113.${1 + random.int(254)}`,
    master: choices.master ?? `ip:198.51.100.${1 + random.int(254)}`,
    masterPort: choices.masterPort ?? MASTER_PORTS[0] + random.int(MASTER_PORTS[1] - MASTER_PORTS[0]),
    startAt: choices.startAt,
    most: choices.most ?? MOST,
  };
}

export interface Knock {
  readonly what: 'login' | 'beacon' | 'probe';
  readonly attempt: Attempt;
}
interface Bot {
  readonly id: string;
  readonly targets: readonly string[];
  next: number;
  roundAt: number;
  beaconAt: number;
}
export interface Infection {
  /** What the botnet does now; each is to be answered with `heard`. */
  due(now: number): Knock[];
  heard(knock: Knock, outcome: Flow['outcome'], now: number): void;
  /** In the order in which they were infected. */
  infected(): readonly string[];
}

const knock = (what: Knock['what'], attempt: Omit<Attempt, 'protocol'>): Knock => ({
  what,
  attempt: { ...attempt, protocol: 'tcp' },
});

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

/** Its own site address by address, among them all cameras of the city, which the master's list names. */
function targetsOf(city: PortMerrow, device: Device, random: Random): string[] {
  const neighbours = city.devices.filter((other) => other.site === device.site && other.id !== device.id);
  const cameras = city.devices.filter((other) => other.class === 'camera' && other.id !== device.id);
  const prefix = device.ip?.split('.').slice(0, 3).join('.') ?? '10.0.0';
  const empty = Array.from({ length: EMPTY_ADDRESSES }, (_, i) => `ip:${prefix}.${200 + i * 7 + random.int(7)}`);
  const near = [...neighbours.map((other) => other.id), ...empty];
  const far = shuffled(
    cameras.map((other) => other.id),
    random,
  );
  const targets: string[] = [];
  for (let i = 0; i < Math.max(near.length, far.length); i++) {
    if (i < near.length) targets.push(near[i]!);
    if (i < far.length) targets.push(far[i]!);
  }
  return [...new Set(targets)];
}

/** What a door says when it is knocked on: cameras have a web page, only those with old firmware a shell; empty addresses nothing. */
function doorOf(city: PortMerrow, target: string, port: number): Flow['outcome'] {
  const index = city.wiring.indexOf.get(target);
  if (index === undefined) return 'unanswered';
  const device = city.devices[index]!;
  const open = port === WEB ? device.class === 'camera' : acceptsFactoryPassword(device);
  return open ? 'answered' : 'refused';
}

const isWeak = (city: PortMerrow, id: string): boolean => {
  const index = city.wiring.indexOf.get(id);
  return index !== undefined && acceptsFactoryPassword(city.devices[index]!);
};

function probesOf(city: PortMerrow, bot: Bot, isBot: (id: string) => boolean): Knock[] {
  return bot.targets
    .slice(bot.next, bot.next + KNOCKS_PER_ROUND)
    .filter((target) => !isBot(target))
    .flatMap((target, i) =>
      (i % 3 === 0 ? [TELNET, WEB] : [TELNET]).map((port) => {
        const answer = doorOf(city, target, port);
        const login = answer === 'answered' && port === TELNET;
        const bytes = login ? { bytesOut: 68_400, bytesIn: 9_300 } : { bytesOut: 420, bytesIn: 610 };
        return knock(login ? 'login' : 'probe', { src: bot.id, dst: target, port, answer, ...bytes });
      }),
    );
}

/** @param city who lives where; asked only for what stands on a device's label */
export function createInfection(city: PortMerrow, story: Story): Infection {
  const random = seeded(`${story.seed}/bots`);
  const bots = new Map<string, Bot>();
  /** Logged in to, not yet awake. */
  const loading = new Map<string, number>();
  let begun = false;

  const wake = (id: string, now: number): void => {
    const device = city.devices[city.wiring.indexOf.get(id)!]!;
    const targets = targetsOf(city, device, random);
    bots.set(id, { id, targets, next: 0, beaconAt: now, roundAt: now + ROUND_MS * random.between(0.3, 1) });
  };
  const actions = (bot: Bot, now: number): Knock[] => {
    const done: Knock[] = [];
    if (now >= bot.beaconAt) {
      bot.beaconAt = now + BEACON_MS * random.between(0.8, 1.2);
      const bytes = { bytesOut: 260 + random.int(90), bytesIn: 120 + random.int(60) };
      done.push(
        knock('beacon', { src: bot.id, dst: story.master, port: story.masterPort, answer: 'answered', ...bytes }),
      );
    }
    if (now < bot.roundAt) return done;
    done.push(...probesOf(city, bot, (id) => bots.has(id) || loading.has(id)));
    bot.next += KNOCKS_PER_ROUND;
    const over = bot.next >= bot.targets.length;
    if (over) bot.next = 0;
    bot.roundAt = now + (over ? REST_MS : ROUND_MS * random.between(0.8, 1.2));
    return done;
  };
  return {
    due: (now) => {
      if (now < story.startAt) return [];
      for (const [id, at] of loading) {
        if (at > now) continue;
        loading.delete(id);
        wake(id, now);
      }
      if (!begun) {
        begun = true;
        const bytes = { bytesOut: 71_200, bytesIn: 11_900, answer: 'answered' } as const;
        return [knock('login', { src: story.intruder, dst: story.first, port: TELNET, ...bytes })];
      }
      return [...bots.values()].flatMap((bot) => actions(bot, now));
    },
    heard: ({ what, attempt }, outcome, now) => {
      const { dst } = attempt;
      if (what !== 'login') return;
      // A first login that did not come through is tried again; the intruder is in no hurry to give up.
      if (outcome !== 'answered') begun = begun && attempt.src !== story.intruder;
      else if (isWeak(city, dst) && !bots.has(dst) && !loading.has(dst) && bots.size + loading.size < story.most) {
        loading.set(dst, now + LOADING_MS * random.between(0.7, 1.3));
      }
    },
    infected: () => [...bots.keys()],
  };
}
