/** The fields of the form that plans a change, in four cards. */
import type { ReactNode } from 'react';
import { Button, Checkbox, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { DEVICE_CLASSES, type ArtifactCard } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { Card } from '../../ui/parts.tsx';
import { ACTIONS, formOfDraft, type ActionName, type Faults, type PlanForm } from './plan-draft.ts';

const said = words.planning;
const HASH_SHOWN = 12;
export interface FieldsProps {
  readonly form: PlanForm;
  readonly faults: Faults;
  readonly artifacts: readonly ArtifactCard[];
  readonly onChange: (patch: Partial<PlanForm>) => void;
}
type Key = keyof PlanForm;
const errorOf = (faults: Faults, key: Key): string | null => {
  const fault = faults[key];
  return fault ? said.faults[fault] : null;
};
const labelOf = ({ name, version, sha256 }: ArtifactCard): { value: string; label: string } => ({
  value: sha256,
  label: `${name} ${version}`,
});

interface FieldProps extends FieldsProps {
  readonly name: Key;
  readonly label: string;
  readonly hint?: string;
}
const TextField = ({ name, label, hint, form, faults, onChange }: FieldProps): ReactNode => (
  <TextInput
    label={label}
    description={hint}
    value={String(form[name])}
    error={errorOf(faults, name)}
    onChange={(event) => onChange({ [name]: event.currentTarget.value })}
  />
);
const NumberField = ({ name, label, hint, form, faults, onChange }: FieldProps): ReactNode => (
  <NumberInput
    label={label}
    description={hint}
    value={form[name] as number | string}
    error={errorOf(faults, name)}
    onChange={(value) => onChange({ [name]: value })}
    hideControls
  />
);
const TagsField = ({ name, label, hint, form, faults, onChange }: FieldProps): ReactNode => (
  <TagsInput
    label={label}
    description={hint}
    placeholder={(form[name] as readonly string[]).length === 0 ? said.any : ''}
    value={[...(form[name] as readonly string[])]}
    error={errorOf(faults, name)}
    onChange={(value) => onChange({ [name]: value })}
  />
);

function Install(props: FieldsProps): ReactNode {
  const { form, faults, artifacts, onChange } = props;
  const firmware = artifacts.filter(({ kind }) => kind === 'firmware' || form.action === 'configure');
  const chosen = artifacts.find(({ sha256 }) => sha256 === form.artifact);
  const earlier = firmware.filter(({ name, sha256 }) => name === chosen?.name && sha256 !== chosen.sha256);
  return (
    <>
      <Select
        label={said.artifact}
        description={said.artifactHint}
        placeholder={firmware.length === 0 ? said.noArtifacts : ''}
        data={firmware.map(labelOf)}
        value={form.artifact || null}
        error={errorOf(faults, 'artifact')}
        searchable
        onChange={(artifact) => onChange({ artifact: artifact ?? '', back: '' })}
      />
      <Select
        label={said.back}
        description={said.backHint}
        placeholder={said.backNone}
        data={earlier.map(labelOf)}
        value={form.back || null}
        disabled={earlier.length === 0}
        clearable
        clearButtonProps={{ 'aria-label': said.backNone }}
        onChange={(back) => onChange({ back: back ?? '' })}
      />
      {form.back !== '' && <NumberField {...props} name="backDays" label={said.backDays} />}
    </>
  );
}

function Drift({ form, onChange }: FieldsProps): ReactNode {
  const drift = useAsk('listDrift', {});
  if (!drift.data) return null;
  return (
    <div className="cw-stack">
      <h3 className="cw-small-head">{said.drift}</h3>
      {drift.data.groups.length === 0 && <p className="cw-muted cw-small">{said.noDrift}</p>}
      <div className="cw-suggestions">
        {drift.data.groups.map((group) => (
          <Button
            key={group.document}
            size="xs"
            variant="default"
            onClick={() => onChange(formOfDraft(form, group.draft))}
          >
            {said.driftUse(group.devices)}
          </Button>
        ))}
      </div>
    </div>
  );
}

const Configure = (props: FieldsProps): ReactNode => (
  <>
    <TextField {...props} name="document" label={said.document} hint={said.documentHint} />
    <TextField {...props} name="back" label={said.backDocument} hint={said.backHint} />
    {props.form.back !== '' && <NumberField {...props} name="backDays" label={said.backDays} />}
    <Drift {...props} />
  </>
);

export function WhatFields(props: FieldsProps): ReactNode {
  const { form, onChange } = props;
  return (
    <Card title={said.whatTitle}>
      <TextField {...props} name="title" label={said.name} hint={said.nameHint} />
      <Select
        label={said.action}
        data={ACTIONS.map((value) => ({ value, label: said.actions[value] }))}
        value={form.action}
        allowDeselect={false}
        onChange={(action) => onChange({ action: (action ?? form.action) as ActionName, back: '' })}
      />
      {form.action === 'install' && <Install {...props} />}
      {form.action === 'configure' && <Configure {...props} />}
      {form.action === 'rotate' && (
        <Select
          label={said.rotate}
          data={(['credentials', 'certificate'] as const).map((value) => ({ value, label: said.rotates[value] }))}
          value={form.rotate}
          allowDeselect={false}
          onChange={(rotate) => onChange({ rotate: (rotate ?? form.rotate) as PlanForm['rotate'] })}
        />
      )}
      {form.action === 'set' && (
        <div className="cw-pair">
          <TextField {...props} name="setName" label={said.setName} />
          <NumberField {...props} name="setTo" label={said.setTo} />
        </div>
      )}
      {form.action === 'wipe' && <p className="cw-error">{said.wipeWarning}</p>}
    </Card>
  );
}

export function WhoFields(props: FieldsProps): ReactNode {
  const { form, onChange } = props;
  const wards = useAsk('cityNow', {}).data?.wards ?? [];
  return (
    <Card title={said.whoTitle}>
      {form.drift !== '' && (
        <Checkbox
          label={said.onlyDrift(form.drift.slice(0, HASH_SHOWN))}
          description={said.onlyDriftHint}
          checked
          onChange={() => onChange({ drift: '' })}
        />
      )}
      <MultiSelect
        label={said.classes}
        placeholder={form.classes.length === 0 ? said.any : ''}
        data={DEVICE_CLASSES.map((value) => ({ value, label: words.classes[value].many }))}
        value={[...form.classes]}
        searchable
        onChange={(classes) => onChange({ classes })}
      />
      <MultiSelect
        label={said.wards}
        placeholder={form.wards.length === 0 ? said.any : ''}
        data={wards.map(({ id, name }) => ({ value: id, label: name }))}
        value={[...form.wards]}
        searchable
        onChange={(chosen) => onChange({ wards: chosen })}
      />
      <TagsField {...props} name="sites" label={said.sites} hint={said.addHint} />
      <TagsField {...props} name="models" label={said.models} hint={said.addHint} />
      <TagsField {...props} name="running" label={said.running} hint={said.runningHint} />
      <TagsField {...props} name="devices" label={said.devices} hint={said.addHint} />
    </Card>
  );
}

export function HowFields(props: FieldsProps): ReactNode {
  const { form, onChange } = props;
  return (
    <Card title={said.howTitle}>
      <div className="cw-pair">
        <NumberField {...props} name="canary" label={said.canary} hint={said.canaryHint} />
        <TextField {...props} name="shares" label={said.shares} hint={said.sharesHint} />
        <NumberField {...props} name="thresholdPercent" label={said.threshold} />
        <Select
          label={said.atThreshold}
          data={(['stop', 'roll-back'] as const).map((value) => ({ value, label: said.atThresholds[value] }))}
          value={form.atThreshold}
          allowDeselect={false}
          onChange={(value) => onChange({ atThreshold: value === 'roll-back' ? 'roll-back' : 'stop' })}
        />
        <NumberField {...props} name="perSite" label={said.perSite} hint={said.perSiteHint} />
        <NumberField {...props} name="healthMinutes" label={said.health} hint={said.healthHint} />
        <NumberField {...props} name="soakMinutes" label={said.soak} hint={said.soakHint} />
      </div>
      <Checkbox
        label={said.lifeSafety}
        checked={form.lifeSafety}
        onChange={(event) => onChange({ lifeSafety: event.currentTarget.checked })}
      />
    </Card>
  );
}

export function WhenFields(props: FieldsProps): ReactNode {
  const { form, faults, onChange } = props;
  return (
    <Card title={said.whenTitle}>
      <NumberField {...props} name="validDays" label={said.validDays} />
      <Checkbox
        label={said.useWindow}
        checked={form.windowed}
        onChange={(event) => onChange({ windowed: event.currentTarget.checked })}
      />
      {form.windowed && (
        <>
          <Checkbox.Group
            label={said.days}
            value={[...form.days]}
            error={errorOf(faults, 'days')}
            onChange={(days) => onChange({ days })}
          >
            <div className="cw-days">
              {said.dayNames.map((name, day) => (
                <Checkbox key={name} value={String(day)} label={name} />
              ))}
            </div>
          </Checkbox.Group>
          <div className="cw-pair">
            <TextField {...props} name="from" label={said.from} />
            <TextField {...props} name="to" label={said.to} />
          </div>
          <p className="cw-muted cw-small">{said.windowHint}</p>
          <TextField {...props} name="zone" label={said.zone} />
        </>
      )}
    </Card>
  );
}
