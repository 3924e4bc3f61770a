/** From the form that plans a change to the draft that the server takes, or to what is wrong field by field; pure. */
import type { ArtifactCard, ChangeDraft, DeviceClass, JobAction } from '@cityward/contracts';
import { DAY_MS, isZone } from '@cityward/kernel';

export const ACTIONS = ['install', 'configure', 'restart', 'rotate', 'set', 'wipe'] as const;
export type ActionName = (typeof ACTIONS)[number];

/** As it stands in the fields: texts and numbers that somebody types. */
export interface PlanForm {
  readonly title: string;
  readonly action: ActionName;
  /** SHA-256 of the chosen artifact; empty for none. */
  readonly artifact: string;
  readonly document: string;
  readonly rotate: 'credentials' | 'certificate';
  readonly setName: string;
  readonly setTo: number | string;
  /** SHA-256 of the artifact or document to go back to; empty for none. */
  readonly back: string;
  readonly backDays: number | string;
  readonly classes: readonly string[];
  readonly wards: readonly string[];
  readonly sites: readonly string[];
  readonly models: readonly string[];
  readonly running: readonly string[];
  readonly devices: readonly string[];
  /** SHA-256 of the document: only devices that are wanted to run it and show another. Empty for no such limit. */
  readonly drift: string;
  readonly canary: number | string;
  readonly shares: string;
  readonly thresholdPercent: number | string;
  readonly atThreshold: 'stop' | 'roll-back';
  readonly perSite: number | string;
  /** How long a device must stay well before it counts as done. */
  readonly healthMinutes: number | string;
  /** Between a wave that is reached and the next. */
  readonly soakMinutes: number | string;
  readonly lifeSafety: boolean;
  readonly windowed: boolean;
  readonly days: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly validDays: number | string;
}
export type Fault =
  'name' | 'artifact' | 'document' | 'setName' | 'number' | 'minutes' | 'shares' | 'days' | 'time' | 'zone' | 'ids';
export type Faults = Readonly<Partial<Record<keyof PlanForm, Fault>>>;

/** The defaults of the server, shown so that they are a choice. */
export const emptyForm = (zone: string): PlanForm => ({
  title: '',
  action: 'install',
  artifact: '',
  document: '',
  rotate: 'credentials',
  setName: '',
  setTo: '',
  back: '',
  backDays: 14,
  classes: [],
  wards: [],
  sites: [],
  models: [],
  running: [],
  devices: [],
  drift: '',
  canary: 10,
  shares: '10, 100',
  thresholdPercent: 5,
  atThreshold: 'stop',
  perSite: 4,
  healthMinutes: 5,
  soakMinutes: 30,
  lifeSafety: false,
  windowed: false,
  days: ['1', '2', '3', '4'],
  from: '01:00',
  to: '04:00',
  zone,
  validDays: 7,
});

const HASH = /^[0-9a-f]{64}$/;
const ID = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;
const SET_NAME = /^[a-z][a-z0-9_]{0,39}$/;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;
const TITLE_MIN = 3;

/** Minutes of the day of `01:30`; null where it is no time of day. */
export function minutesOf(text: string): number | null {
  const found = CLOCK.exec(text.trim());
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}
/** `10, 100` as shares 0.1 and 1; null unless they are whole per cents that grow up to 100. */
export function sharesOf(text: string): number[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '');
  const percents = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 0));
  const grows = percents.every((percent, i) => percent > (percents[i - 1] ?? 0));
  return grows && percents.at(-1) === 100 ? percents.map((percent) => percent / 100) : null;
}
const isWithin = (value: number | string, min: number, max: number): value is number =>
  typeof value === 'number' && value >= min && value <= max;
const isWhole = (value: number | string, max: number): value is number =>
  isWithin(value, 1, max) && Number.isInteger(value);

const CANARY_MAX = 100_000;
const PER_SITE_MAX = 1_000;
const DAYS_MAX = 365;
const MINUTES_MAX = 24 * 60;
const MINUTE_MS = 60_000;

function actionFaults(form: PlanForm): Faults {
  const { action } = form;
  return {
    ...(action === 'install' && form.artifact === '' ? { artifact: 'artifact' } : {}),
    ...(action === 'configure' && !HASH.test(form.document.trim()) ? { document: 'document' } : {}),
    ...(action === 'configure' && form.back.trim() !== '' && !HASH.test(form.back.trim()) ? { back: 'document' } : {}),
    ...(action === 'set' && !SET_NAME.test(form.setName.trim()) ? { setName: 'setName' } : {}),
    ...(action === 'set' && typeof form.setTo !== 'number' ? { setTo: 'number' } : {}),
  };
}

/** What is wrong, field by field; empty when the form can be asked about. */
export function faultsOf(form: PlanForm): Faults {
  const { windowed } = form;
  return {
    ...(form.title.trim().length < TITLE_MIN ? { title: 'name' } : {}),
    ...actionFaults(form),
    ...(form.sites.every((id) => ID.test(id)) ? {} : { sites: 'ids' }),
    ...(form.devices.every((id) => ID.test(id)) ? {} : { devices: 'ids' }),
    ...(isWhole(form.canary, CANARY_MAX) ? {} : { canary: 'number' }),
    ...(sharesOf(form.shares) ? {} : { shares: 'shares' }),
    ...(isWithin(form.thresholdPercent, 0.1, 100) ? {} : { thresholdPercent: 'number' }),
    ...(isWhole(form.perSite, PER_SITE_MAX) ? {} : { perSite: 'number' }),
    ...(isWithin(form.healthMinutes, 0, MINUTES_MAX) ? {} : { healthMinutes: 'minutes' }),
    ...(isWithin(form.soakMinutes, 0, MINUTES_MAX) ? {} : { soakMinutes: 'minutes' }),
    ...(isWhole(form.validDays, DAYS_MAX) ? {} : { validDays: 'number' }),
    ...(form.back !== '' && !isWhole(form.backDays, DAYS_MAX) ? { backDays: 'number' } : {}),
    ...(windowed && form.days.length === 0 ? { days: 'days' } : {}),
    ...(windowed && minutesOf(form.from) === null ? { from: 'time' } : {}),
    ...(windowed && minutesOf(form.to) === null ? { to: 'time' } : {}),
    ...(windowed && !isZone(form.zone) ? { zone: 'zone' } : {}),
  };
}

const refOf = ({ name, version, sha256, size }: ArtifactCard) => ({ name, version, sha256, size });

function actionOf(form: PlanForm, artifacts: readonly ArtifactCard[]): JobAction | null {
  switch (form.action) {
    case 'install': {
      const chosen = artifacts.find(({ sha256 }) => sha256 === form.artifact);
      return chosen ? { do: 'install', artifact: refOf(chosen) } : null;
    }
    case 'configure':
      return { do: 'configure', document: form.document.trim() };
    case 'rotate':
      return { do: 'rotate', what: form.rotate };
    case 'set':
      return { do: 'set', name: form.setName.trim(), to: Number(form.setTo) };
    case 'restart':
    case 'wipe':
      return { do: form.action };
  }
}

function revertOf(form: PlanForm, artifacts: readonly ArtifactCard[], until: number): ChangeDraft['revert'] {
  const back = form.back.trim();
  if (form.action === 'configure') return back === '' ? null : { to: { document: back }, until };
  const chosen = form.action === 'install' ? artifacts.find(({ sha256 }) => sha256 === back) : undefined;
  return chosen ? { to: refOf(chosen), until } : null;
}

/** The draft; null while anything is wrong. The same form and `now` give the same draft. */
export function draftOf(form: PlanForm, artifacts: readonly ArtifactCard[], now: number): ChangeDraft | null {
  const action = actionOf(form, artifacts);
  const shares = sharesOf(form.shares);
  if (Object.keys(faultsOf(form)).length > 0 || !action || !shares) return null;
  const window = { days: form.days.map(Number), from: minutesOf(form.from) ?? 0, to: minutesOf(form.to) ?? 0 };
  const schedule = form.windowed ? { windows: [window], zone: form.zone } : {};
  return {
    title: form.title.trim(),
    action,
    revert: revertOf(form, artifacts, now + Number(form.backDays) * DAY_MS),
    selection: {
      classes: [...form.classes] as DeviceClass[],
      models: [...form.models],
      wards: [...form.wards],
      sites: [...form.sites],
      running: [...form.running],
      devices: [...form.devices],
      ...(form.drift === '' ? {} : { drift: form.drift }),
    },
    options: {
      canary: Number(form.canary),
      shares,
      threshold: Number(form.thresholdPercent) / 100,
      atThreshold: form.atThreshold,
      perSite: Number(form.perSite),
      healthMs: Math.round(Number(form.healthMinutes) * MINUTE_MS),
      soakMs: Math.round(Number(form.soakMinutes) * MINUTE_MS),
      lifeSafety: form.lifeSafety,
      ...schedule,
    },
    tracks: [],
    notBefore: now,
    notAfter: now + Number(form.validDays) * DAY_MS,
  };
}

/** A draft that the city proposes (drift), as a form to look at and change. */
export const formOfDraft = (form: PlanForm, { title, action, selection }: ChangeDraft): PlanForm => ({
  ...form,
  title,
  action: action.do,
  document: action.do === 'configure' ? action.document : '',
  back: '',
  classes: selection.classes,
  wards: selection.wards,
  sites: selection.sites,
  models: selection.models,
  running: selection.running,
  devices: selection.devices,
  drift: selection.drift ?? '',
});

/** The form that mends everybody who drifts from this document; as it was where the text is no hash. */
export const formOfDrift = (form: PlanForm, document: string, title: string): PlanForm =>
  HASH.test(document) ? { ...form, title, action: 'configure', document, drift: document } : form;
