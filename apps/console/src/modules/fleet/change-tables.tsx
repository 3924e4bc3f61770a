/** The tables of a plan: what it touches, who is left out, what becomes of what, its steps. */
import { Fragment, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { DEVICE_CLASSES, type ChangePlan } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatCount } from '../../ui/format.ts';
import { Table } from '../../ui/table.tsx';

const KINDS = ['service', 'class', 'ward'] as const;
const className = (name: string): string => {
  const known = DEVICE_CLASSES.find((one) => one === name);
  return known ? words.classes[known].many : name;
};

interface TouchesProps {
  readonly plan: ChangePlan;
  readonly nameOf: (what: ChangePlan['touches'][number]['what'], id: string) => string;
}
export const Touches = ({ plan, nameOf }: TouchesProps): ReactNode =>
  plan.touches.length === 0 ? (
    <p className="cw-muted">{words.change.touchesNothing}</p>
  ) : (
    <Table label={words.change.touches} columns={words.change.touchColumns} texts={1}>
      {KINDS.map((what) => {
        const rows = plan.touches.filter((one) => one.what === what);
        return (
          <Fragment key={what}>
            {rows.length > 0 && (
              <tr>
                <th scope="colgroup" colSpan={words.change.touchColumns.length} className="cw-muted">
                  {words.change.touched[what]}
                </th>
              </tr>
            )}
            {rows.map((one) => (
              <tr key={one.name}>
                <th scope="row">{what === 'class' ? className(one.name) : nameOf(what, one.name)}</th>
                <td className="cw-num">{formatCount(one.devices)}</td>
                <td className="cw-num">{formatCount(one.of)}</td>
                <td className="cw-num">{formatCount(one.atOnce)}</td>
              </tr>
            ))}
          </Fragment>
        );
      })}
    </Table>
  );

const SAMPLE_MAX = 3;
export const Excluded = ({ plan }: { readonly plan: ChangePlan }): ReactNode =>
  plan.excluded.length === 0 ? (
    <p className="cw-muted">{words.change.nobodyExcluded}</p>
  ) : (
    <Table label={words.change.excluded} columns={words.change.excludedColumns} texts={3}>
      {plan.excluded.map((one) => (
        <tr key={one.reason}>
          <th scope="row">{one.words}</th>
          <td className="cw-num">{formatCount(one.devices)}</td>
          <td>
            <span className="cw-id-list">
              {one.sample.slice(0, SAMPLE_MAX).map((device) => (
                <Link key={device} to="/devices/$id" params={{ id: device }}>
                  {device}
                </Link>
              ))}
            </span>
          </td>
        </tr>
      ))}
    </Table>
  );

export const Difference = ({ plan }: { readonly plan: ChangePlan }): ReactNode => (
  <Table label={words.change.difference} columns={words.change.differenceColumns} texts={2}>
    {plan.difference.map((one) => (
      <tr key={`${one.from} ${one.to}`}>
        <th scope="row" className="cw-wrap">
          {one.from ?? words.notKnown}
        </th>
        <td className="cw-wrap">{one.to ?? words.dash}</td>
        <td className="cw-num">{formatCount(one.devices)}</td>
      </tr>
    ))}
  </Table>
);

export const Steps = ({ plan }: { readonly plan: ChangePlan }): ReactNode =>
  plan.steps.length < 2 ? null : (
    <div className="cw-stack">
      <p>{words.change.steps(plan.steps.length)}</p>
      <Table label={words.change.stepColumns[0]} columns={words.change.stepColumns} texts={2}>
        {plan.steps.map((step, i) => (
          <tr key={step.to}>
            <th scope="row">{formatCount(i + 1)}</th>
            <td>{step.to ?? words.dash}</td>
            <td className="cw-num">{formatCount(step.devices)}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
