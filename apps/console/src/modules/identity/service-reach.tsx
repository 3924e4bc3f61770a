/** What a cloud service may reach: kinds of data, and the sites whose devices it may see. */
import type { ReactNode } from 'react';
import { Checkbox, TextInput } from '@mantine/core';
import { DATA_SETS, type Reach } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { wordsIn } from '../../ui/format.ts';

const said = words.cloud;

/** As a form holds it: sites are still text. */
export interface ReachDraft {
  readonly data: Reach['data'];
  readonly sites: string;
}
export const NO_REACH: ReachDraft = { data: ['devices'], sites: '' };
export const draftOfReach = ({ data, sites }: Reach): ReachDraft => ({ data, sites: sites.join(' ') });
export const reachOf = ({ data, sites }: ReachDraft): Reach => ({ data, sites: wordsIn(sites) });

interface Props {
  readonly value: ReachDraft;
  readonly onChange: (value: ReachDraft) => void;
}
export const ReachFields = ({ value, onChange }: Props): ReactNode => (
  <>
    <Checkbox.Group
      label={said.form.data}
      value={[...value.data]}
      onChange={(chosen) => onChange({ ...value, data: DATA_SETS.filter((one) => chosen.includes(one)) })}
    >
      <div className="cw-choices">
        {DATA_SETS.map((one) => (
          <Checkbox key={one} value={one} label={said.data[one].name} description={said.data[one].hint} />
        ))}
      </div>
    </Checkbox.Group>
    <TextInput
      label={said.form.sites}
      description={said.form.sitesHint}
      value={value.sites}
      maxLength={4_000}
      onChange={(event) => onChange({ ...value, sites: event.currentTarget.value })}
    />
  </>
);
