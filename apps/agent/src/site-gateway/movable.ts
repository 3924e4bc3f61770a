/** What an order may move on a camera, by name: one parameter each, within bounds that the gateway keeps, whoever signed. */
import type { JobAction } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { setParameters, readAllParameters } from './camera-api.ts';
import { enter, failWith, finish, NOT_REACHED, permitOf, reach, type CameraWork } from './camera-work.ts';
import { checkCamera } from './checks.ts';

type SetAction = Extract<JobAction, { do: 'set' }>;
interface Movable {
  readonly parameter: string;
  readonly min: number;
  readonly max: number;
}
/** AXIS takes whole numbers for all of these. A picture that is black or without contrast sees nothing, so the ends are left out. */
const MOVABLE: Readonly<Record<string, Movable>> = {
  brightness_pct: { parameter: 'ImageSource.I0.Sensor.Brightness', min: 10, max: 90 },
  contrast_pct: { parameter: 'ImageSource.I0.Sensor.Contrast', min: 10, max: 90 },
  colour_pct: { parameter: 'ImageSource.I0.Sensor.ColorLevel', min: 0, max: 100 },
  compression_pct: { parameter: 'Image.I0.Appearance.Compression', min: 0, max: 60 },
};

function movableOf({ name, to }: SetAction): Result<Movable, Refusal> {
  const found = Object.hasOwn(MOVABLE, name) ? MOVABLE[name]! : null;
  if (!found)
    return refuse(
      'not-found',
      'SETTING_UNKNOWN',
      `set "${name}": on a camera this gateway moves ${Object.keys(MOVABLE).join(', ')}; the rest is configuration`,
    );
  const { min, max } = found;
  return Number.isInteger(to) && to >= min && to <= max
    ? ok(found)
    : refuse('invalid', 'BEYOND_BOUNDS', `set "${name}" to ${to}: wanted a whole number from ${min} to ${max}`);
}

export async function setOnCamera(work: CameraWork, action: SetAction): Promise<boolean> {
  const movable = movableOf(action);
  if (!movable.ok) return failWith(work, movable.error);
  const same = await reach(work, () => checkCamera(work));
  if (work.signal.aborted) return false;
  if (!same) return finish(work, 'failed', NOT_REACHED);
  if (!same.ok) return failWith(work, same.error);
  enter(work, 'installing');
  const moved = await reach(work, () => move(work, movable.value.parameter, String(action.to)));
  if (work.signal.aborted) return false;
  if (!moved) return finish(work, 'failed', 'it went away while it was set');
  return moved.ok ? finish(work, 'done') : failWith(work, moved.error);
}

/** Read back: a camera that took it and shows something else has not been set. */
async function move(work: CameraWork, parameter: string, to: string): Promise<Result<void, Refusal>> {
  const { client } = work.parts;
  const before = await readAllParameters(client, [parameter]);
  if (!before.ok) return before;
  if (!before.value.has(parameter))
    return refuse('not-found', 'PARAMETER_MISSING', `set the camera: this model has no "${parameter}"`);
  if (before.value.get(parameter) === to) return ok(undefined);
  const set = await setParameters(client, new Map([[parameter, to]]), permitOf(work));
  if (!set.ok) return set;
  const after = await readAllParameters(client, [parameter]);
  if (!after.ok) return after;
  return after.value.get(parameter) === to
    ? ok(undefined)
    : refuse('conflict', 'NOT_TAKEN', `set the camera: it took "${parameter}" and shows something else`);
}
