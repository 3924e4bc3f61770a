/** The waves of a change as stacked bars with the line at which it stops, and the same as a table beside it. */
import type { ReactNode } from 'react';
import type { Change } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatCount, formatShare } from '../../ui/format.ts';
import { Table } from '../../ui/table.tsx';
import { GROUPS, groupsOf, lineAt, LOOK_OF, stopsAt, type Group } from './wave-bars.ts';

export interface WaveRow {
  readonly name: string;
  readonly state: Change['waves'][number]['state'];
  readonly devices: number;
  readonly groups: Readonly<Record<Group, number>>;
}
export const waveRows = (waves: Change['waves']): readonly WaveRow[] =>
  waves.map(({ name, state, devices, counts }) => ({ name, state, devices, groups: groupsOf(counts) }));

/** Share of failures at which it stops; null where it is not known. */
export interface Limit {
  readonly threshold: number;
  readonly act: 'stop' | 'roll-back';
}
interface Props {
  readonly waves: readonly WaveRow[];
  readonly limit: Limit | null;
}

const outOf = ({ groups }: WaveRow): number => groups.offline + groups.skipped;
const saidOf = (wave: WaveRow): string =>
  GROUPS.filter((group) => wave.groups[group] > 0)
    .map((group) => `${formatCount(wave.groups[group])} ${words.change.groups[group].toLowerCase()}`)
    .join(', ') || words.none;

const Bar = ({ wave, limit }: { readonly wave: WaveRow; readonly limit: Limit | null }): ReactNode => (
  <div className="cw-wave">
    <div className="cw-wave-head">
      <strong>{words.change.waveNames(wave.name)}</strong>
      <span className="cw-muted cw-small">{words.change.waveStates[wave.state]}</span>
      <span className="cw-push cw-small cw-num">{words.change.devices(wave.devices)}</span>
    </div>
    <div
      className="cw-wave-track"
      role="img"
      aria-label={words.change.waveSaid(words.change.waveNames(wave.name), saidOf(wave))}
    >
      <div className="cw-bar cw-wave-bar">
        {GROUPS.filter((group) => wave.groups[group] > 0).map((group) => (
          <span
            key={group}
            className="cw-bar-part"
            data-state={LOOK_OF[group]}
            style={{ flexGrow: wave.groups[group] }}
          />
        ))}
      </div>
      {limit && (
        <span
          className="cw-wave-line"
          style={{ left: `${lineAt({ devices: wave.devices, out: outOf(wave), threshold: limit.threshold }) * 100}%` }}
        />
      )}
    </div>
    <p className="cw-small cw-muted">
      {saidOf(wave)}
      {limit && ` · ${words.change.stopsAt(stopsAt(wave.devices - outOf(wave), limit.threshold))}`}
    </p>
  </div>
);

const shownGroups = (waves: readonly WaveRow[]): readonly Group[] => {
  const always: readonly Group[] = ['failed', 'done', 'moving', 'waiting'];
  return GROUPS.filter((group) => always.includes(group) || waves.some((wave) => wave.groups[group] > 0));
};

const Legend = ({ groups }: { readonly groups: readonly Group[] }): ReactNode => (
  <ul className="cw-wave-legend">
    {groups.map((group) => (
      <li key={group}>
        <span className="cw-swatch" data-state={LOOK_OF[group]} aria-hidden /> {words.change.groups[group]}
      </li>
    ))}
  </ul>
);

const WaveTable = ({ waves, groups }: { readonly waves: readonly WaveRow[]; readonly groups: readonly Group[] }) => (
  <Table
    label={words.change.waves}
    columns={[...words.change.waveColumns, ...groups.map((group) => words.change.groups[group])]}
    texts={2}
  >
    {waves.map((wave) => (
      <tr key={wave.name}>
        <th scope="row">{words.change.waveNames(wave.name)}</th>
        <td>{words.change.waveStates[wave.state]}</td>
        <td className="cw-num">{formatCount(wave.devices)}</td>
        {groups.map((group) => (
          <td key={group} className="cw-num">
            {formatCount(wave.groups[group])}
          </td>
        ))}
      </tr>
    ))}
  </Table>
);

export function WaveChart({ waves, limit }: Props): ReactNode {
  const groups = shownGroups(waves);
  return (
    <div className="cw-wave-pair">
      <div className="cw-stack">
        <Legend groups={groups} />
        {waves.map((wave) => (
          <Bar key={wave.name} wave={wave} limit={limit} />
        ))}
        <p className="cw-small cw-muted">
          {limit
            ? words.change.line(
                formatShare(limit.threshold),
                limit.act === 'stop' ? words.change.lineStop : words.change.lineBack,
              )
            : words.change.lineUnknown}
        </p>
      </div>
      <WaveTable waves={waves} groups={groups} />
    </div>
  );
}
