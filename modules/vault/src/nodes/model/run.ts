/** Random steps of the model, the same for the same seed. */
import { Disk } from './disk.ts';
import { SimulatedNode, type Setup } from './simulated-node.ts';
import { World, type Found } from './world.ts';

const NODES = 3;
/** A world that has lived so long makes room for a new one: its journals grow. */
const STEPS_PER_WORLD = 20_000;
/** Frozen or cut off at once: the rest can still confirm. */
const AWAY_MAX = 2;
const SPEEDS = [0.99, 1, 1.01] as const;

/** @param onWorld told after each world how many steps were made in all */
export async function runModel(seed: string, steps: number): Promise<Found> {
  const found = { steps: 0, served: 0, pushed: 0, confirmed: 0, crashes: 0, servedAfterRevoke: 0 };
  for (let number = 0; found.steps < steps; number++) {
    const world = new World(`${seed}/${number}`);
    const made = await liveThrough(world, Math.min(STEPS_PER_WORLD, steps - found.steps));
    found.steps += made;
    found.served += world.served;
    found.pushed += world.pushed;
    found.confirmed += world.confirmed.size;
    found.crashes += world.crashes;
    found.servedAfterRevoke += world.servedAfterRevoke;
  }
  return found;
}

interface Life {
  readonly world: World;
  readonly setups: readonly Setup[];
  readonly nodes: SimulatedNode[];
  given: number;
}

async function liveThrough(world: World, steps: number): Promise<number> {
  const setups = SPEEDS.map((speed, index) => ({ world, index, speed, disk: new Disk() }));
  const nodes = setups.map((setup) => new SimulatedNode(setup));
  const life: Life = { world, setups, nodes, given: 0 };
  for (const node of nodes) void node.start();
  for (let step = 0; step < steps; step++) {
    act(life);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const node of nodes) node.isGone = true;
  return steps;
}

/** What happens in one step, with its weight. */
const ACTS: readonly (readonly [number, (life: Life, index: number) => void])[] = [
  [400, ({ world }) => world.deliver()],
  [
    250,
    ({ world, nodes }, index) => {
      const node = nodes[index]!;
      if (node.pages.length > 0) void node.piece(world.random.pick(node.pages));
    },
  ],
  [120, ({ nodes }, index) => nodes[index]!.sends.shift()?.()],
  [80, ({ nodes }, index) => nodes[index]!.turn()],
  [
    60,
    ({ world, nodes }) => {
      world.now += 1 + world.random.int(20);
      for (const [i, node] of nodes.entries()) if (node.isUp && !world.frozen.has(i)) node.sweep();
    },
  ],
  [
    40,
    ({ world, nodes }, index) => {
      const node = nodes[index]!;
      if (node.pages.length > 0) node.renew(world.random.pick(node.pages));
    },
  ],
  [30, ({ nodes }, index) => void nodes[index]!.open()],
  [8, (life, index) => life.nodes[index]!.give(`con-${String(++life.given).padStart(16, '0')}`)],
  [8, takeBack],
  [6, ({ world }, index) => void (world.frozen.size + world.cut.size < AWAY_MAX && world.frozen.add(index))],
  [6, ({ world }) => void world.frozen.delete(world.random.int(NODES))],
  [6, ({ world }, index) => void (world.frozen.size + world.cut.size < AWAY_MAX && world.cut.add(index))],
  [6, ({ world }) => void world.cut.delete(world.random.int(NODES))],
  [40, ({ nodes }, index) => nodes[index]!.push()],
  [1, crash],
];
const WEIGHT = ACTS.reduce((sum, [weight]) => sum + weight, 0);
/** What comes from outside of the nodes, or to one that is down or frozen. */
const ANYWHERE: ReadonlySet<number> = new Set([0, 4, 10, 12, 14]);

function act(life: Life): void {
  const { world, nodes } = life;
  let left = world.random.int(WEIGHT);
  const at = ACTS.findIndex(([weight]) => (left -= weight) < 0);
  const index = world.random.int(NODES);
  if (!ANYWHERE.has(at) && (!nodes[index]!.isUp || world.frozen.has(index))) return;
  ACTS[at]![1](life, index);
}

function takeBack({ world, nodes }: Life, index: number): void {
  const standing = [...world.consents].filter(([, state]) => state === 'standing');
  if (standing.length === 0) return;
  const [consent] = world.random.pick(standing);
  // Not confirmed where it fails: nobody was told anything.
  nodes[index]!.takeBack(consent).catch(() => undefined);
}

/** The process ends, frozen or not, and another begins over what its disk has. */
function crash({ world, setups, nodes }: Life, index: number): void {
  if (!nodes[index]!.isUp) return;
  world.crashes++;
  nodes[index]!.isGone = true;
  world.forget(index);
  world.frozen.delete(index);
  setups[index]!.disk.crash(world.random);
  const next = new SimulatedNode(setups[index]!);
  nodes[index] = next;
  next.start().catch(() => undefined);
}
