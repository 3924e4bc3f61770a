/** The roles that an administrator may give: never officer, whose key is made elsewhere. */
import type { ReactNode } from 'react';
import { Checkbox } from '@mantine/core';
import { ROLES, type Role } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';

interface Props {
  readonly value: readonly Role[];
  readonly onChange: (roles: Role[]) => void;
}

export const GIVEN_ROLES = ROLES.filter((role) => role !== 'officer');

export const RoleChoice = ({ value, onChange }: Props): ReactNode => (
  <Checkbox.Group
    label={words.people.roles}
    description={words.people.rolesHelp}
    value={[...value]}
    onChange={(chosen) => onChange(chosen as Role[])}
  >
    <div className="cw-role-choice">
      {GIVEN_ROLES.map((role) => (
        <Checkbox key={role} value={role} label={words.roles[role].name} description={words.roles[role].may} />
      ))}
    </div>
  </Checkbox.Group>
);
