/** The controls of every class, read from data once and refused as a whole when anything in them is not understood. */
import { createHash } from 'node:crypto';
import { Errors } from 'typebox/value';
import type { BaselineRead, BaselineSource, DeviceClass } from '@cityward/contracts';
import { canonicalJson, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import { fits } from '../trust/shape.ts';
import { ControlSet, type Check, type Control } from './control.ts';

export type CatalogueRefusal = Refusal<'CONTROLS_MALFORMED' | 'CONTROL_TWICE' | 'CLASS_TWICE' | 'FIXES_DISAGREE'>;

/** A set with what is asked of it again and again. */
export interface LoadedSet extends ControlSet {
  /** Of the canonical data: outcomes of other data are judged anew. */
  readonly digest: string;
  /** What a reader must read for all of its controls; `city` is not asked. */
  readonly reads: readonly BaselineRead[];
}
export interface Catalogue {
  readonly sets: readonly LoadedSet[];
  setOf(deviceClass: DeviceClass): LoadedSet | null;
  control(id: string): { readonly set: LoadedSet; readonly control: Control; readonly at: number } | null;
}

export function loadCatalogue(data: readonly unknown[]): Result<Catalogue, CatalogueRefusal> {
  const sets: LoadedSet[] = [];
  for (const one of data) {
    const set = loadSet(one);
    if (!set.ok) return set;
    sets.push(set.value);
  }
  const controls = new Map<string, { set: LoadedSet; control: Control; at: number }>();
  const classes = new Map<DeviceClass, LoadedSet>();
  for (const set of sets) {
    for (const [at, control] of set.controls.entries()) {
      if (controls.has(control.id))
        return refuse('invalid', 'CONTROL_TWICE', `load control "${control.id}": it is there already`);
      controls.set(control.id, { set, control, at });
    }
    for (const one of set.classes) {
      if (classes.has(one))
        return refuse('invalid', 'CLASS_TWICE', `load controls "${set.id}": class "${one}" has controls already`);
      classes.set(one, set);
    }
  }
  return ok({
    sets,
    setOf: (deviceClass) => classes.get(deviceClass) ?? null,
    control: (id) => controls.get(id) ?? null,
  });
}

function loadSet(data: unknown): Result<LoadedSet, CatalogueRefusal> {
  if (!fits(ControlSet, data)) return refuse('invalid', 'CONTROLS_MALFORMED', `load controls: ${whatIsWrong(data)}`);
  const empty = data.controls.find(({ checks, rated }) => checks.length === 0 && rated !== false);
  if (empty)
    return refuse('invalid', 'CONTROLS_MALFORMED', `load control "${empty.id}": it has no checks and is rated`);
  const contradiction = contradictionIn(data.controls);
  if (contradiction !== null)
    return refuse(
      'invalid',
      'FIXES_DISAGREE',
      `load controls "${data.id}": their fixes want two things of "${contradiction}"`,
    );
  const digest = createHash('sha256')
    .update(canonicalJson(data as unknown as Json))
    .digest('hex');
  return ok({ ...data, digest, reads: readsOf(data) });
}

function whatIsWrong(data: unknown): string {
  const [first] = Errors(ControlSet, data);
  return first ? `"${first.instancePath || '/'}" ${first.message}` : 'they are no plain JSON';
}

/** Two controls that set the same name to different values would undo each other for ever. */
function contradictionIn(controls: readonly Control[]): string | null {
  const wanted = new Map<string, string>();
  for (const { fix } of controls) {
    if (fix.by !== 'configure' && fix.by !== 'two-steps') continue;
    for (const [name, value] of Object.entries(fix.values)) {
      const key = `${fix.source} ${name}`;
      const text = canonicalJson(value as Json);
      if ((wanted.get(key) ?? text) !== text) return name;
      wanted.set(key, text);
    }
  }
  return null;
}

function readsOf({ controls }: ControlSet): readonly BaselineRead[] {
  const names = new Map<BaselineSource, Set<string>>();
  const want = (source: BaselineSource, checks: readonly Check[]): void => {
    if (checks.length === 0) return;
    const own = names.get(source) ?? new Set<string>();
    for (const { at } of checks) own.add(groupOf(at));
    names.set(source, own);
  };
  for (const { read, checks, when, fix } of controls) {
    want(read, checks);
    if (when) want(read, when.checks);
    if (fix.by === 'two-steps') want(fix.proof.read, fix.proof.checks);
    // So that a plan can say what is there now.
    if (fix.by === 'configure' || fix.by === 'two-steps') want(fix.source, Object.keys(fix.values).map(nothingOf));
  }
  names.delete('city');
  return [...names].map(([source, own]) => ({ source, names: [...own].sort() }));
}

const nothingOf = (at: string): Check => ({ at, want: { filled: true } });

/** Where a name holds a `*`, all below what comes before it. */
function groupOf(at: string): string {
  const star = at.indexOf('*');
  return star === -1 ? at : `${at.slice(0, Math.max(0, star - 1))}.*`;
}
