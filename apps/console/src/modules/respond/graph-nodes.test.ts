/** A graph stays readable: the telling nodes first, one arrow for each pair, no arrow to what is not drawn. */
import { expect, test } from 'vitest';
import type { Trace } from '@cityward/contracts';
import { readable } from './graph-nodes.ts';
import { objectOf } from './objects.ts';

type Graph = Trace['graph'];
const node = (id: string, role: Graph['nodes'][number]['role']): Graph['nodes'][number] => ({
  id,
  name: id,
  kind: 'camera',
  role,
  ward: '',
});
const edge = (from: string, to: string, at: number): Graph['edges'][number] => ({
  from,
  to,
  at,
  kind: 'flow',
  text: '',
  cut: false,
});

test('source and protected stay when bystanders do not fit', () => {
  const graph: Graph = {
    nodes: [node('b1', 'bystander'), node('b2', 'bystander'), node('p', 'protected'), node('s', 'source')],
    edges: [edge('s', 'p', 2), edge('s', 'p', 1), edge('s', 'b2', 3), edge('s', 's', 4)],
  };
  const drawn = readable(graph, 2);
  expect(drawn.nodes.map((one) => one.id)).toEqual(['s', 'p']);
  expect(drawn.edges.map((one) => [one.from, one.to, one.at])).toEqual([['s', 'p', 1]]);
  expect(drawn.left).toBe(2);
});

test.each([
  [['camera', 'camera'], '2 cameras'],
  [['camera'], '1 camera'],
  [['camera', 'signal'], '2 devices'],
  [['wifi-access-point', 'wifi-access-point'], '2 Wi-Fi access points'],
  [['from-the-future'], '1 device'],
  [[], '0 devices'],
])('%j is called %s', (classes, name) => {
  expect(objectOf(classes)).toBe(name);
});
