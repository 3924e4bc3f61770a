/** From what failed to changes that mend it: planned here, signed and rolled out like every other change. */
import {
  SELECTED_DEVICES_MAX,
  type BaselineFix,
  type Change,
  type ChangeDraft,
  type FixOrder,
} from '@cityward/contracts';
import { DAY_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import { readingsOf, type DeviceStanding, type Register } from './baseline-register.ts';
import type { LoadedSet } from './domain/baseline/catalogue.ts';
import { planMending, type Members, type MendDevice, type MendGroup, type MendPlan } from './domain/baseline/mend.ts';
import { loadSources } from './store-baseline.ts';

const SAMPLE_MAX = 20;
/** Documents that one order makes; whoever has more kinds of devices says which. */
const GROUPS_MAX = 50;
const DEVICES_MAX = 100_000;
const TITLE_MAX_CHARS = 80;
const CHANGE_MS = 7 * DAY_MS;
const REVERT_MS = 14 * DAY_MS;
/** What could lock the city out goes one device first, and goes back at the first that is lost. */
const CAREFUL: ChangeDraft['options'] = {
  canary: 1,
  shares: [0.05, 0.25, 1],
  quorum: 1,
  threshold: 0.01,
  atThreshold: 'roll-back',
  perSite: 1,
};

export interface MendingParts {
  readonly needs: BaselineNeeds;
  readonly register: Register;
}
interface Group {
  readonly draft: ChangeDraft;
  readonly group: MendGroup;
}
interface Planned {
  readonly groups: readonly Group[];
  readonly fix: BaselineFix;
}

export async function previewFix(parts: MendingParts, order: FixOrder): Promise<Result<BaselineFix, Refusal>> {
  const planned = await planFix(parts, order);
  return planned.ok ? ok(planned.value.fix) : planned;
}

/** The documents are kept, then the changes planned. Devices in a change that waits already are meant again: the newest counts. */
export async function addFix(
  { needs, register }: MendingParts,
  order: FixOrder,
  by: string,
): Promise<Result<{ changes: Change[]; fix: BaselineFix }, Refusal>> {
  const planned = await planFix({ needs, register }, order);
  if (!planned.ok) return planned;
  if (planned.value.groups.length === 0)
    return refuse(
      'conflict',
      'NOTHING_TO_MEND',
      'mend the baseline: nothing that failed can be mended so; the preview says why',
    );
  const changes: Change[] = [];
  for (const { draft, group } of planned.value.groups) {
    await needs.keepDocument(group.hash, group.text);
    const added = await needs.add(draft, by);
    // Those before are planned and wait for signatures; they are named, so that nobody plans them twice.
    if (!added.ok)
      return changes.length === 0
        ? added
        : refuse(
            'conflict',
            'MENDED_IN_PART',
            `mend the baseline: planned ${changes.map(({ id }) => id).join(', ')}, then: ${added.error.message}`,
          );
    changes.push(...added.value);
  }
  return ok({ changes, fix: planned.value.fix });
}

async function planFix({ needs, register }: MendingParts, order: FixOrder): Promise<Result<Planned, Refusal>> {
  for (const id of order.controls)
    if (!needs.catalogue.control(id))
      return refuse('not-found', 'CONTROL_UNKNOWN', `mend control "${id}": there is no such control`);
  const bySet = new Map<LoadedSet, DeviceStanding[]>();
  let devices = 0;
  for (const one of register.standings(order.selection)) {
    if (one.isUnread || !one.row!.outcomes.includes('f')) continue;
    if (++devices > DEVICES_MAX)
      return refuse(
        'too-large',
        'TOO_MANY_DEVICES',
        `mend the baseline: more than ${DEVICES_MAX} devices; name a class or sites`,
      );
    bySet.set(one.set, [...(bySet.get(one.set) ?? []), one]);
  }
  const groups: Group[] = [];
  const unmended: BaselineFix['unmended'] = [];
  for (const [set, standings] of bySet) {
    const plan = await planSet(needs, { register, set, standings, order });
    for (const group of plan.groups) groups.push(...draftsOf(group, order.options ?? {}, needs.clock()));
    for (const one of plan.unmended)
      unmended.push({ ...one, title: needs.catalogue.control(one.control)!.control.title });
  }
  if (groups.length > GROUPS_MAX)
    return refuse(
      'too-large',
      'TOO_MANY_DOCUMENTS',
      `mend the baseline: it would take ${groups.length} documents, at most ${GROUPS_MAX}; name controls or a class`,
    );
  return ok({ groups, fix: fixView(groups, unmended) });
}

interface SetPlanning {
  readonly register: Register;
  readonly set: LoadedSet;
  readonly standings: readonly DeviceStanding[];
  readonly order: FixOrder;
}

async function planSet(needs: BaselineNeeds, { register, set, standings, order }: SetPlanning): Promise<MendPlan> {
  const places = new Map(set.controls.map((control, at) => [control, at]));
  const controls = set.controls.filter(
    ({ id, tier, rated }) =>
      rated !== false &&
      (order.controls.length === 0 || order.controls.includes(id)) &&
      (order.tiers.length === 0 || order.tiers.includes(tier)),
  );
  const sources = await loadSources(
    needs.sql,
    standings.map(({ id }) => id),
  );
  const documents = new Map<string, Members | null>();
  const devices: MendDevice[] = [];
  for (const one of standings) {
    const base = await baseOf(needs, documents, one.id);
    devices.push({
      id: one.id,
      readings: readingsOf(sources.get(one.id) ?? [], register.cityReading(one.id)),
      stateOf: (control) => one.stateOf(places.get(control)!),
      excepted: (control) => one.isExcepted(places.get(control)!),
      base,
    });
  }
  return planMending(controls, devices, needs.world.said);
}

/** What it runs now; each document is read once. */
async function baseOf(
  needs: BaselineNeeds,
  documents: Map<string, Members | null>,
  device: string,
): Promise<Members | null> {
  const hash = needs.runningDocument(device);
  if (hash === null) return null;
  if (!documents.has(hash)) {
    const text = await needs.document(hash);
    documents.set(hash, text === null ? null : (JSON.parse(text) as Members));
  }
  return documents.get(hash)!;
}

/** A change names at most so many devices; more become more changes. */
function draftsOf(group: MendGroup, options: ChangeDraft['options'], now: number): Group[] {
  const parts: Group[] = [];
  for (let from = 0; from < group.devices.length; from += SELECTED_DEVICES_MAX) {
    const devices = group.devices.slice(from, from + SELECTED_DEVICES_MAX);
    const part = { ...group, devices };
    parts.push({ group: part, draft: draftOf(part, options, now) });
  }
  return parts;
}

const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function draftOf(
  { hash, baseHash, controls, devices, isSecondStep }: MendGroup,
  options: ChangeDraft['options'],
  now: number,
): ChangeDraft {
  const step = isSecondStep ? ', second step' : '';
  return {
    title: `Baseline: mend ${many(controls.length, 'control')} on ${many(devices.length, 'device')}${step}`.slice(
      0,
      TITLE_MAX_CHARS,
    ),
    action: { do: 'configure', document: hash },
    revert: baseHash === null ? null : { to: { document: baseHash }, until: now + REVERT_MS },
    selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: devices.map(({ id }) => id) },
    options: isSecondStep ? { ...options, ...CAREFUL, atThreshold: baseHash === null ? 'stop' : 'roll-back' } : options,
    tracks: [],
    notBefore: now,
    notAfter: now + CHANGE_MS,
  };
}

const fixView = (groups: readonly Group[], unmended: BaselineFix['unmended']): BaselineFix => ({
  groups: groups.map(({ draft, group }) => ({
    draft,
    document: JSON.parse(group.text) as unknown,
    devices: group.devices.length,
    controls: [...group.controls],
    secondStep: group.isSecondStep,
    sample: group.devices.slice(0, SAMPLE_MAX).map(({ id, differences }) => ({
      device: id,
      differences: differences.map(({ control, name, is, wanted }) => ({ control, name, is, wanted })),
    })),
  })),
  unmended,
  devices: new Set(groups.flatMap(({ group }) => group.devices.map(({ id }) => id))).size,
});
