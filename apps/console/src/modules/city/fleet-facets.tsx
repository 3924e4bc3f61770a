/** The facets beside the table: each value with its count; a press narrows, a second press widens. */
import type { ReactNode } from 'react';
import { Checkbox } from '@mantine/core';
import { DEVICE_STATES, TRUST_LEVELS, type DevicePage, type TrustLevel } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { formatCount } from '../../ui/format.ts';
import { asState, STATE_ICONS } from '../../ui/states.ts';
import { chosenOf, FACETS, toggled, type Facet } from './fleet-query.ts';
import { ShapeIcon } from './shape-icon.tsx';
import { asClass } from './shapes.ts';
import { useWardNames } from './use-city.ts';

/** Name of a facet's value. */
export function useFacetWords(): (facet: Facet, value: string) => string {
  const ward = useWardNames();
  const parties = useAsk('listParties', {}).data?.parties;
  return (facet, value) => {
    if (facet === 'state') return words.states[asState(value)].word;
    if (facet === 'class') return words.classes[asClass(value)].one;
    if (facet === 'ward') return ward(value);
    if (facet === 'criticality') return words.criticalities[value as keyof typeof words.criticalities] ?? value;
    if (facet === 'trust') return words.trustLevels[value as TrustLevel] ?? value;
    return parties?.find((party) => party.id === value)?.name ?? value;
  };
}

function Mark({ facet, value }: { readonly facet: Facet; readonly value: string }): ReactNode {
  if (facet === 'class') return <ShapeIcon kind={value} />;
  if (facet !== 'state') return null;
  const Sign = STATE_ICONS[asState(value)];
  return (
    <span className="cw-ink" data-state={asState(value)}>
      <Sign size={14} stroke={2} aria-hidden />
    </span>
  );
}

const order = (facet: Facet, counts: Readonly<Record<string, number>>): [string, number][] => {
  const all = Object.entries(counts);
  const place = (value: string): number => (DEVICE_STATES as readonly string[]).indexOf(value);
  if (facet === 'state') return all.sort((a, b) => place(a[0]) - place(b[0]));
  const level = (value: string): number => (TRUST_LEVELS as readonly string[]).indexOf(value);
  if (facet === 'trust') return all.sort((a, b) => level(a[0]) - level(b[0]));
  return all.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
};

interface FacetProps {
  readonly facet: Facet;
  readonly counts: Readonly<Record<string, number>>;
  readonly nameOf: (facet: Facet, value: string) => string;
}

function FacetList({ facet, counts, nameOf }: FacetProps): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const chosen = chosenOf(url, facet);
  const values = order(facet, { ...Object.fromEntries(chosen.map((value) => [value, 0])), ...counts });
  if (values.length === 0) return null;
  return (
    <fieldset className="cw-facet">
      <legend>{words.fleet.facets[facet]}</legend>
      {values.map(([value, count]) => (
        <Checkbox
          key={value}
          size="xs"
          checked={chosen.includes(value)}
          onChange={() => setUrl({ [facet]: toggled(url, facet, value) }, { replace: true })}
          label={
            <span className="cw-facet-label">
              <Mark facet={facet} value={value} />
              <span>{nameOf(facet, value)}</span>
              <span className="cw-num cw-muted">{formatCount(count)}</span>
            </span>
          }
        />
      ))}
    </fieldset>
  );
}

export function Facets({ page }: { readonly page: DevicePage }): ReactNode {
  const nameOf = useFacetWords();
  return (
    <div className="cw-facets">
      {FACETS.map((facet) => (
        <FacetList key={facet} facet={facet} counts={page.facets[facet]} nameOf={nameOf} />
      ))}
    </div>
  );
}
