/** The roles that an administrator may give: never officer, whose key is made elsewhere, nor what only temporary access gives. */
import type { ReactNode } from 'react';
import { Checkbox } from '@mantine/core';
import { STANDING_ROLES, type StandingRole } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';

interface Props {
  readonly value: readonly StandingRole[];
  readonly onChange: (roles: StandingRole[]) => void;
}

export const GIVEN_ROLES = STANDING_ROLES.filter((role) => role !== 'officer');

export const RoleChoice = ({ value, onChange }: Props): ReactNode => (
  <Checkbox.Group
    label={words.people.roles}
    description={words.people.rolesHelp}
    value={[...value]}
    onChange={(chosen) => onChange(chosen as StandingRole[])}
  >
    <div className="cw-role-choice">
      {GIVEN_ROLES.map((role) => (
        <Checkbox key={role} value={role} label={words.roles[role].name} description={words.roles[role].may} />
      ))}
    </div>
  </Checkbox.Group>
);
