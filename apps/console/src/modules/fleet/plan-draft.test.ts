/** The form that plans a change: what it refuses, and the draft that it gives, held to the contract's schema. */
import { describe, expect, test } from 'vitest';
import { Value } from 'typebox/value';
import { api, type ArtifactCard } from '@cityward/contracts';
import {
  draftOf,
  emptyForm,
  faultsOf,
  formOfDraft,
  formOfDrift,
  minutesOf,
  sharesOf,
  type PlanForm,
} from './plan-draft.ts';

const NOW = 1_800_000_000_000;
const artifact = (version: string, letter: string): ArtifactCard => ({
  name: 'lamp',
  version,
  sha256: letter.repeat(64),
  size: 9,
  kind: 'firmware',
  classes: [],
  models: [],
  hardware: [],
  at: NOW,
  by: 'prs-1',
});
const ARTIFACTS = [artifact('2.1.0', 'a'), artifact('2.0.0', 'b')];
const form = (patch: Partial<PlanForm>): PlanForm => ({ ...emptyForm('Pacific/Auckland'), title: 'Lamps', ...patch });
const whole = form({ artifact: 'a'.repeat(64), back: 'b'.repeat(64), classes: ['street-light'] });

describe('a draft', () => {
  test.each([
    ['install', whole],
    ['configure', form({ action: 'configure', document: 'c'.repeat(64), back: 'd'.repeat(64) })],
    ['set', form({ action: 'set', setName: 'brightness_pct', setTo: 40 })],
    ['rotate', form({ action: 'rotate' })],
    ['wipe', form({ action: 'wipe', windowed: true })],
  ] as const)('to %s keeps to the contract', (action, filled) => {
    expect(faultsOf(filled)).toEqual({});
    const draft = draftOf(filled, ARTIFACTS, NOW);
    expect(draft?.action.do).toBe(action);
    expect([...Value.Errors(api.planChange.body, draft)]).toEqual([]);
  });
  test('names the artifact, the way back and the end', () => {
    const draft = draftOf(whole, ARTIFACTS, NOW);
    expect(draft?.action).toMatchObject({ artifact: { version: '2.1.0' } });
    expect(draft?.revert).toMatchObject({ to: { version: '2.0.0' }, until: NOW + 14 * 86_400_000 });
    expect(draft).toMatchObject({ notAfter: NOW + 7 * 86_400_000, options: { shares: [0.1, 1], threshold: 0.05 } });
    expect(draft?.options).toMatchObject({ healthMs: 300_000, soakMs: 1_800_000 });
  });
  test('that mends drift keeps to those who drift, however the form came to it', () => {
    const document = 'e'.repeat(64);
    const mending = draftOf(formOfDrift(form({}), document, 'Mend'), ARTIFACTS, NOW);
    expect(mending).toMatchObject({ action: { do: 'configure', document }, selection: { drift: document } });
    expect([...Value.Errors(api.planChange.body, mending)]).toEqual([]);
    expect(draftOf(formOfDraft(form({}), mending!), ARTIFACTS, NOW)?.selection.drift).toBe(document);
    expect(formOfDrift(form({}), 'no hash', 'Mend')).toEqual(form({}));
  });
  test('is none while anything is wrong', () => {
    expect(draftOf(form({}), ARTIFACTS, NOW)).toBeNull();
    expect(draftOf({ ...whole, artifact: 'f'.repeat(64) }, ARTIFACTS, NOW)).toBeNull();
  });
});

describe('faults', () => {
  test.each([
    [{ title: 'ab' }, { title: 'name' }],
    [{ artifact: '' }, { artifact: 'artifact' }],
    [{ shares: '50, 10' }, { shares: 'shares' }],
    [{ canary: '' }, { canary: 'number' }],
    [{ thresholdPercent: 0 }, { thresholdPercent: 'number' }],
    [{ healthMinutes: -1 }, { healthMinutes: 'minutes' }],
    [{ soakMinutes: '' }, { soakMinutes: 'minutes' }],
    [{ sites: ['Site 1'] }, { sites: 'ids' }],
    [{ windowed: true, days: [] }, { days: 'days' }],
    [{ windowed: true, from: '25:00' }, { from: 'time' }],
    [{ windowed: true, zone: 'Mars/Base' }, { zone: 'zone' }],
  ] as const)('%j', (patch, faults) => {
    expect(faultsOf({ ...whole, ...patch } as PlanForm)).toEqual(faults);
  });
});

test('times and shares are read as they are typed', () => {
  expect(minutesOf('01:30')).toBe(90);
  expect(minutesOf('24:00')).toBeNull();
  expect(sharesOf('5 20,100')).toEqual([0.05, 0.2, 1]);
  expect(sharesOf('10, 90')).toBeNull();
  expect(sharesOf('')).toBeNull();
});
