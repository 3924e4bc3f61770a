/** Decides who may do what: validates the request, evaluates the bundle, and denies on any fault. */
import { fileURLToPath } from 'node:url';
import type { ActionName, EntityAttributes, Principal, Resource } from '@cityward/contracts';
import type { Log } from '@cityward/log';
import { principalRef, resourceRef } from './domain/facts.ts';
import type { Env } from './domain/node.ts';
import type { CedarRecord, EntityRef } from './domain/values.ts';
import { entityRef } from './domain/values.ts';
import { loadBundle } from './load.ts';
import type { Bundle } from './load.ts';
import type { Answer } from './domain/engine.ts';

export interface Decision {
  readonly allow: boolean;
  /** Ids of the policies that decided; none where nothing applied. */
  readonly reasons: readonly string[];
  /** What went wrong; never together with `allow`. */
  readonly faults: readonly string[];
}

/** A decision that could not be made as it should: a bug in the bundle or in who asked, and therefore an alarm. */
export interface PolicyAlarm {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly faults: readonly string[];
}

export interface PolicyOptions {
  readonly log: Log;
  readonly onFault: (alarm: PolicyAlarm) => void;
  /** Default: the bundle that comes with this module. */
  readonly folder?: string;
}

/** `context`: see `contextFor`; nothing for actions that have none. */
export type Asking = [principal: Principal, action: ActionName, resource: Resource, context?: EntityAttributes];

export interface Policy {
  /** Never throws: whatever goes wrong is a denial and an alarm. */
  decide(...asking: Asking): Decision;
  /** False when no resource and no circumstance would let this principal do this; for refusing before a body is read. */
  mayEver(principal: Principal, action: ActionName): boolean;
  readonly bundle: Bundle;
}

export const BUNDLE_FOLDER = fileURLToPath(new URL('../bundle', import.meta.url));

const NONE: readonly string[] = [];
const DENIED: Decision = { allow: false, reasons: NONE, faults: NONE };
const NO_CONTEXT: EntityAttributes = {};

/** Loads the bundle; throws a `BundleFault` with file, line and reason. */
export function createPolicy({ log, onFault, folder = BUNDLE_FOLDER }: PolicyOptions): Policy {
  const { bundle, engine } = loadBundle(folder);
  log.info('policy bundle loaded', { hash: bundle.hash, policies: bundle.policies.length });
  const alarm = ({ principal, action, resource }: Asked, faults: readonly string[]): Decision => {
    onFault({ principal: nameOf(principal), action, resource: nameOf(resource), faults });
    return { allow: false, reasons: NONE, faults };
  };
  const actionRef = (action: string): EntityRef => engine.plan(action)?.ref ?? entityRef('Action', action);
  return {
    bundle,
    decide(...[principal, action, resource, context = NO_CONTEXT]) {
      try {
        const about = resourceRef(resource);
        if (about === null) return DENIED;
        const plan = engine.plan(action);
        const env: Env = {
          principal: principalRef(principal),
          action: plan?.ref ?? entityRef('Action', action),
          resource: about,
          context: context as CedarRecord,
          find: null,
        };
        const decision = decisionOf(engine.decide(env, plan));
        return decision.faults.length === 0 ? decision : alarm({ principal, action, resource }, decision.faults);
      } catch (fault) {
        return alarm({ principal, action, resource }, [
          `engine: ${fault instanceof Error ? fault.message : String(fault)}`,
        ]);
      }
    },
    mayEver: (principal, action) => engine.policySet.mayEver(principalRef(principal), actionRef(action)),
  };
}

interface Asked {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: Resource;
}

/** Whatever was handed in must not keep the alarm from being raised. */
function nameOf(one: Principal | Resource): string {
  try {
    return `${one.type} ${one.id}`;
  } catch {
    return 'unreadable';
  }
}

/** Cedar skips a policy that faults, a `forbid` too; here a fault denies. */
function decisionOf(answer: Answer): Decision {
  if (answer.decision === 'invalid') return { allow: false, reasons: NONE, faults: [`request: ${answer.reason}`] };
  const { decision, reasons, faults } = answer;
  if (faults.length > 0)
    return {
      allow: false,
      reasons: NONE,
      faults: faults.map(({ policy, message }) => `policy "${policy}": ${message}`),
    };
  return { allow: decision === 'allow', reasons, faults: NONE };
}
