/** What a device depends on and what needs it, as a table; devices link to their pages. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { Neighbour } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Card } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';

export const NeighbourTable = ({ neighbours }: { readonly neighbours: readonly Neighbour[] }): ReactNode => (
  <Card title={words.device.neighbours}>
    {neighbours.length === 0 ? (
      <p className="cw-muted">{words.device.noNeighbours}</p>
    ) : (
      <Table label={words.device.neighbours} columns={words.device.neighbourColumns}>
        {neighbours.map((one, at) => (
          <tr key={`${one.id} ${one.edge} ${at}`}>
            <td>{words.directions[one.direction]}</td>
            <th scope="row">
              {one.node === 'device' ? (
                <Link to="/devices/$id" params={{ id: one.id }}>
                  {one.name}
                </Link>
              ) : (
                one.name
              )}
            </th>
            <td>{words.nodes[one.node]}</td>
            <td>{words.edges[one.edge]}</td>
            <td className="cw-small">{one.note}</td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);
