/** The mock's trace: a camera reached from outside, which reaches two, which reach two more. */
import type { DeviceRow, Trace } from '@cityward/contracts';
import { OUTSIDE, type Story } from './mock-story.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

type Graph = Trace['graph'];
const parentOf = (story: Story, i: number): DeviceRow => story.suspects[Math.floor((i - 1) / 2)]!;
const reachedAt = (story: Story, i: number): number => story.now - 12 * MINUTE + i * 28_000;

const edge = ([from, to]: readonly [string, string], at: number, text: string): Graph['edges'][number] => ({
  from,
  to,
  at,
  kind: 'flow',
  text,
  cut: false,
});

const nodeOf = (row: DeviceRow, role: Graph['nodes'][number]['role']): Graph['nodes'][number] => ({
  id: row.id,
  name: row.name,
  kind: row.class,
  role,
  ward: row.ward?.name ?? '',
});

function graph(story: Story, cut: boolean): Graph {
  const { suspects, switches } = story;
  const spread = suspects
    .slice(1)
    .map((row, i) => edge([parentOf(story, i + 1).id, row.id], reachedAt(story, i + 1), 'Telnet, 23/tcp, answered'));
  const core = edge([suspects[4]!.id, 'svc-video-core'], reachedAt(story, 7), 'RTSP, 554/tcp');
  return {
    nodes: [
      { id: OUTSIDE, name: '203.0.113.66', kind: 'address', role: 'outside', ward: '' },
      ...suspects.map((row, i) => nodeOf(row, i === 0 ? 'source' : 'infected')),
      ...switches.slice(0, 1).map((row) => nodeOf(row, 'bystander')),
      { id: 'svc-video-core', name: 'Video core', kind: 'service', role: 'protected', ward: '' },
    ],
    edges: [
      edge([OUTSIDE, suspects[0]!.id], reachedAt(story, -1), 'Telnet, 23/tcp, answered'),
      ...[...spread, core].map((one) => ({ ...one, cut })),
    ],
  };
}

export function trace(story: Story, cut: boolean): Trace {
  const { suspects } = story;
  const step = (i: number): Trace['sources'][number]['path'][number] => ({
    at: reachedAt(story, i),
    from: parentOf(story, i).id,
    fromName: parentOf(story, i).name,
    to: suspects[i]!.id,
    toName: suspects[i]!.name,
    kind: 'flow',
    text: 'Telnet, 23/tcp, answered, 2 kB out',
    rarity: 0.98,
  });
  const reasons = [
    'It was reached first, and every other is reached from it in time order',
    'Reached second; explains half of the others',
    'Reached third; explains two others',
  ];
  return {
    at: story.now,
    determinable: true,
    note: '',
    sources: suspects.slice(0, 3).map((row, i) => ({
      rank: i + 1,
      node: row.id,
      name: row.name,
      score: [0.86, 0.09, 0.03][i]!,
      firstAt: reachedAt(story, i),
      reason: reasons[i]!,
      reaches: [suspects.length, 6, 2][i]!,
      path: (i === 0 ? [1, 3, 7] : [i]).map(step),
    })),
    graph: graph(story, cut),
    considered: { events: 184_220, from: story.now - 2 * HOUR, to: story.now, ms: 38 },
  };
}
