/** The path graph as a real table: every edge with its time, and whether it is cut. */
import type { ReactNode } from 'react';
import type { Trace } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { ClockTime } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';

export function TraceTable({ trace }: { readonly trace: Trace }): ReactNode {
  const names = new Map(trace.graph.nodes.map((node) => [node.id, node.name]));
  const edges = trace.graph.edges.toSorted((a, b) => a.at - b.at);
  return (
    <Table label={words.trace.graph} columns={words.trace.columns} tall>
      {edges.map((edge, at) => (
        <tr key={at}>
          <td>
            <ClockTime at={edge.at} />
          </td>
          <th scope="row">{names.get(edge.from) ?? edge.from}</th>
          <td>{names.get(edge.to) ?? edge.to}</td>
          <td>{edge.text}</td>
          <td>{edge.cut ? words.trace.cut : words.trace.open}</td>
        </tr>
      ))}
    </Table>
  );
}
