/** The one card of a device, the same wherever it is shown. */
import type { ReactNode } from 'react';
import type { DeviceRow } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Facts, type Fact } from '../../ui/parts.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Age, Held } from '../../ui/time.tsx';
import { ShapeIcon } from './shape-icon.tsx';

/** State with its reason and age: the first thing to say of a device. */
export const StateLine = ({ device }: { readonly device: DeviceRow }): ReactNode => (
  <div className="cw-state-line" data-state={device.state}>
    <StateBadge state={device.state} />
    <span>
      {device.stateReason}
      {device.stateSince !== null && (
        <span className="cw-muted">
          {' · '}
          {words.device.forSpan} <Held since={device.stateSince} />
        </span>
      )}
    </span>
  </div>
);

export function deviceFacts(device: DeviceRow): Fact[] {
  const text = (value: string | null): ReactNode =>
    value === null || value === '' ? <span className="cw-muted">{words.notKnown}</span> : value;
  const t = words.device.terms;
  return [
    {
      term: t.class,
      value: (
        <>
          <ShapeIcon kind={device.class} /> {words.classes[device.class].one}
        </>
      ),
    },
    { term: t.criticality, value: words.criticalities[device.criticality] },
    { term: t.ward, value: text(device.ward?.name ?? null) },
    { term: t.site, value: text(device.site?.name ?? null) },
    { term: t.maker, value: text([device.maker?.name, device.model].filter((part) => part).join(' ')) },
    { term: t.firmware, value: text(device.firmware) },
    { term: t.hardwareRevision, value: text(device.hardwareRevision) },
    { term: t.serial, value: text(device.serial) },
    { term: t.mac, value: text(device.mac) },
    { term: t.ip, value: text(device.ip) },
    { term: t.lastSeen, value: device.lastSeen === null ? words.device.never : <Age at={device.lastSeen} /> },
  ];
}

export const DeviceCard = ({ device }: { readonly device: DeviceRow }): ReactNode => (
  <div className="cw-stack">
    <StateLine device={device} />
    <Facts facts={deviceFacts(device)} />
  </div>
);
