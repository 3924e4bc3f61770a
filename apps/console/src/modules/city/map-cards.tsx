/** Cards over the map: what is under the pointer, what is selected, the buttons. */
import type { ReactNode } from 'react';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { IconMap, IconMinus, IconPlus, IconRefresh, IconTable, IconX } from '../../ui/icons.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { Icon } from '../../ui/states.ts';
import type { Hover, MapCommand } from './map-props.ts';
import { classAt, stateAt, type PointSet } from './points.ts';
import { ShapeIcon } from './shape-icon.tsx';
import { asClass } from './shapes.ts';

interface Place {
  readonly set: PointSet;
  readonly nameOf: (ward: string) => string;
}

function Lines({ at, set, nameOf }: Place & { readonly at: number }): ReactNode {
  const kind = asClass(classAt(set, at));
  const ward = set.wards[set.wardOf[at] ?? -1];
  return (
    <>
      <div className="cw-map-card-head">
        <ShapeIcon kind={kind} state={stateAt(set, at)} size={16} />
        <strong>{set.ids[at]}</strong>
        <StateBadge state={stateAt(set, at)} />
      </div>
      <div className="cw-muted cw-small">
        {words.classes[kind].one}
        {ward !== undefined && ` · ${nameOf(ward)}`}
      </div>
    </>
  );
}

export const HoverCard = ({ hover, set, nameOf }: Place & { readonly hover: Hover }): ReactNode => (
  <div className="cw-map-card cw-map-hover" style={{ left: hover.x + 14, top: hover.y + 14 }} aria-hidden>
    <Lines at={hover.at} set={set} nameOf={nameOf} />
  </div>
);

interface SelectedProps extends Place {
  readonly at: number;
  readonly onOpen: (at: number) => void;
  readonly onClose: () => void;
}
export const SelectedCard = ({ at, set, nameOf, onOpen, onClose }: SelectedProps): ReactNode => (
  <div className="cw-map-card cw-map-selected" role="group" aria-label={words.map.selected}>
    <Lines at={at} set={set} nameOf={nameOf} />
    <div className="cw-map-card-acts">
      <Button size="compact-sm" onClick={() => onOpen(at)}>
        {words.map.open}
      </Button>
      <span className="cw-muted cw-small">{words.map.keys}</span>
      <ActionIcon variant="subtle" color="gray" size={26} aria-label={words.map.unselect} onClick={onClose}>
        <IconX size={15} aria-hidden />
      </ActionIcon>
    </div>
  </div>
);

interface ButtonsProps {
  readonly table: boolean;
  readonly onTable: () => void;
  readonly onCommand: (command: MapCommand) => void;
}

const MapButton = ({
  icon: Sign,
  label,
  onClick,
}: {
  readonly icon: Icon;
  readonly label: string;
  readonly onClick: () => void;
}): ReactNode => (
  <Tooltip label={label} position="left">
    <ActionIcon variant="default" size={32} aria-label={label} onClick={onClick}>
      <Sign size={17} stroke={1.8} aria-hidden />
    </ActionIcon>
  </Tooltip>
);

export const MapButtons = ({ table, onTable, onCommand }: ButtonsProps): ReactNode => (
  <div className="cw-map-buttons">
    <MapButton
      icon={table ? IconMap : IconTable}
      label={table ? words.map.asMap : words.map.asTable}
      onClick={onTable}
    />
    {!table && (
      <>
        <MapButton icon={IconPlus} label={words.map.nearer} onClick={() => onCommand({ do: 'in' })} />
        <MapButton icon={IconMinus} label={words.map.farther} onClick={() => onCommand({ do: 'out' })} />
        <MapButton icon={IconRefresh} label={words.map.whole} onClick={() => onCommand({ do: 'all' })} />
      </>
    )}
  </div>
);
