/** Who answers for an exception, and until which day: the two that every exception has. */
import type { ReactNode } from 'react';
import { TextInput } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { DAY_MS, dayOf } from './format.ts';

const DAYS_DEFAULT = 30;
export const OWNER_MAX = 80;

export interface OwnerAndEnd {
  readonly owner: string;
  /** As a date field holds it. */
  readonly until: string;
}
export const noOwner = (): OwnerAndEnd => ({ owner: '', until: dayOf(Date.now() + DAYS_DEFAULT * DAY_MS) });

interface Props {
  readonly value: OwnerAndEnd;
  /** How far ahead the end may be. */
  readonly daysMax: number;
  readonly onChange: (value: OwnerAndEnd) => void;
}
export const OwnerAndEndFields = ({ value, daysMax, onChange }: Props): ReactNode => (
  <>
    <TextInput
      required
      label={words.excepting.owner}
      description={words.excepting.ownerHint}
      maxLength={OWNER_MAX}
      value={value.owner}
      data-autofocus
      onChange={(event) => onChange({ ...value, owner: event.currentTarget.value })}
    />
    <TextInput
      required
      type="date"
      label={words.excepting.until}
      value={value.until}
      min={dayOf(Date.now() + DAY_MS)}
      max={dayOf(Date.now() + (daysMax - 1) * DAY_MS)}
      onChange={(event) => onChange({ ...value, until: event.currentTarget.value })}
    />
  </>
);
