/** What a containment would do, in four answers: effects on services, what is cut, what is spared, what it protects. */
import type { ReactNode } from 'react';
import { Checkbox } from '@mantine/core';
import type { ContainmentPlan } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatCount } from '../../ui/format.ts';
import { IconAlertTriangle, IconShieldCheck } from '../../ui/icons.ts';
import { Table } from '../../ui/table.tsx';
import { ShapeIcon } from '../city/shape-icon.tsx';

/** The server's sentence begins with the service's name, which stands above it here. */
const withoutName = ({ service, text }: ContainmentPlan['effects'][number]): string => {
  const rest = text.startsWith(`${service}: `) ? text.slice(service.length + 2) : text;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
};

const Effects = ({ plan }: { readonly plan: ContainmentPlan }): ReactNode => (
  <section>
    <h3 className="cw-small-head">{words.contain.effects}</h3>
    {plan.effects.length === 0 ? (
      <p className="cw-muted">{words.contain.noEffects}</p>
    ) : (
      <ul className="cw-effects">
        {plan.effects.map((effect) => (
          <li key={effect.service} data-hit={effect.affected > 0 || undefined}>
            {effect.affected > 0 ? (
              <IconAlertTriangle size={16} aria-hidden />
            ) : (
              <IconShieldCheck size={16} aria-hidden />
            )}
            <span>
              <strong>{effect.service}</strong>
              <span className="cw-small cw-block">{withoutName(effect)}</span>
            </span>
            {effect.of > 0 && (
              <span className="cw-num">{words.contain.of(formatCount(effect.affected), formatCount(effect.of))}</span>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);

interface CutProps {
  readonly plan: ContainmentPlan;
  readonly chosen: readonly string[] | null;
  readonly onChosen: (devices: readonly string[] | null) => void;
}

function Cut({ plan, chosen, onChosen }: CutProps): ReactNode {
  const toggle = (device: string): void => {
    const now = chosen ?? plan.cut.map((one) => one.device);
    const next = now.includes(device) ? now.filter((one) => one !== device) : [...now, device];
    onChosen(next.length === 0 ? null : next);
  };
  return (
    <section>
      <h3 className="cw-small-head">{words.contain.cut(plan.cut.length)}</h3>
      <Table label={words.contain.cut(plan.cut.length)} columns={words.contain.cutColumns} tall>
        {plan.cut.map((one) => (
          <tr key={one.device}>
            <td>
              <Checkbox
                size="xs"
                checked
                aria-label={words.contain.leaveOut(one.name)}
                onChange={() => toggle(one.device)}
              />
            </td>
            <th scope="row">
              <ShapeIcon kind={one.class} /> {one.name} <span className="cw-muted">{one.device}</span>
            </th>
            <td>
              {words.contain.by[one.by]}
              {one.through !== null && ` (${one.through})`}
            </td>
            <td>{one.effect}</td>
          </tr>
        ))}
      </Table>
      {chosen !== null && (
        <button type="button" className="cw-linklike cw-small" onClick={() => onChosen(null)}>
          {words.contain.all}
        </button>
      )}
    </section>
  );
}

const Spared = ({ plan }: { readonly plan: ContainmentPlan }): ReactNode => (
  <section>
    <h3 className="cw-small-head">{words.contain.spared(plan.spared.length)}</h3>
    {plan.spared.length === 0 ? (
      <p className="cw-muted">{words.contain.noneSpared}</p>
    ) : (
      <ul className="cw-plain-list">
        {plan.spared.map((one) => (
          <li key={one.device}>
            <strong>{one.name}</strong> <span className="cw-muted">{one.device}</span>
            <span className="cw-small cw-block">{one.reason}</span>
          </li>
        ))}
      </ul>
    )}
    {plan.protects.length > 0 && (
      <>
        <h3 className="cw-small-head">{words.contain.protects}</h3>
        <p>{plan.protects.map((one) => one.name).join(', ')}</p>
      </>
    )}
  </section>
);

export const PlanTables = (props: CutProps): ReactNode => (
  <>
    <div className="cw-columns cw-columns-2">
      <Effects plan={props.plan} />
      <Spared plan={props.plan} />
    </div>
    <Cut {...props} />
  </>
);
