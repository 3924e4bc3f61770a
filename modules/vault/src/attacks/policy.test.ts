/** A7, A8: a policy that cannot be evaluated, and an engine that does not say what Cedar says. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntityAttributes } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import type * as Policies from '@cityward/policy/testing';
import { attack, type Control, type Place, type Way } from '../testing-attack.ts';

const RULES = 'attacked.cedar';
const PERMIT = `@id("all-read")
@why("Everybody reads the city")
permit (principal is Person, action == Action::"readCity", resource);
`;
const forbid = (when: string): string => `@id("none-read")
@why("Nobody reads the city who is so")
forbid (principal is Person, action == Action::"readCity", resource)
when { ${when} };
`;

type PolicyModule = typeof Policies;
interface Asked {
  readonly when: string;
  readonly attributes: EntityAttributes;
}
/** Whether somebody who ought to be forbidden is let in; `null` where the bundle is not taken at all. */
function ask(
  { createPolicy, BUNDLE_FOLDER, writeManifest }: PolicyModule,
  { folder }: Place,
  { when, attributes }: Asked,
): { readonly allow: boolean; readonly alarms: number } | null {
  const bundle = join(folder, 'bundle');
  cpSync(join(BUNDLE_FOLDER, 'schema.cedarschema'), join(bundle, 'schema.cedarschema'));
  writeFileSync(join(bundle, RULES), PERMIT + forbid(when));
  writeManifest(bundle);
  let alarms = 0;
  try {
    const policy = createPolicy({ folder: bundle, log: silentLog, onFault: () => alarms++ });
    const who = { type: 'Person', id: 'per-mallory', roles: [], attributes } as const;
    const { allow } = policy.decide(who, 'readCity', { type: 'City', id: 'city', attributes: {} });
    return { allow, alarms };
  } catch (fault) {
    if ((fault as Error).name === 'BundleFault') return null;
    throw fault;
  }
}

const FAULTS_DENY: Control = { file: 'service.ts', text: 'if (faults.length > 0)', cut: 'if (faults.length < 0)' };
const FITS_SCHEMA: Control = {
  file: 'domain/engine.ts',
  text: 'if (known) return way.evaluate(env);',
  cut: 'if (way) return way.evaluate(env);',
};
const getsIn = (way: string, asked: Asked, control: Way<PolicyModule>['control']): Way<PolicyModule> => ({
  ...{ way, control },
  run: (module, place) => Promise.resolve(ask(module, place, asked)?.allow === true),
});
const OVERFLOW: Asked = {
  when: 'principal has trust && principal.trust * 9007199254740991 > 0',
  attributes: { trust: 2 ** 53 - 1 },
};

attack<PolicyModule>({
  id: 'A7',
  name: 'a policy that forbids and cannot be evaluated',
  module: 'policy',
  through: 'testing.ts',
  ways: [
    getsIn('a number that grows beyond 64 bits', OVERFLOW, FAULTS_DENY),
    getsIn(
      'an attribute that is not there',
      { when: 'principal.organisation == "org-cut-off"', attributes: {} },
      // Such a rule is not even taken; and if it were, it would deny.
      [{ file: 'load.ts', text: 'if (!first) return;', cut: 'if (first || !first) return;' }, FAULTS_DENY],
    ),
    getsIn(
      'an attribute of another kind than the rule compares with',
      { when: 'principal has organisation && principal.organisation == "1"', attributes: { organisation: 1 } },
      FITS_SCHEMA,
    ),
    getsIn(
      'a set that is handed in as one of its members',
      {
        when: 'principal has vendorSites && principal.vendorSites.contains("site-1")',
        attributes: { vendorSites: 'site-1' },
      },
      [FITS_SCHEMA, FAULTS_DENY],
    ),
    {
      way: 'a fault that nobody hears of',
      control: { file: 'service.ts', text: 'onFault({ principal', cut: 'void ({ principal' },
      run: (module, place) => Promise.resolve(ask(module, place, OVERFLOW)?.alarms === 0),
    },
  ],
});

const REQUESTS = 1_000;
/** Of so many random requests, is one answered otherwise than Cedar does? */
const differs = (way: string, control: Control): Way<PolicyModule> => ({
  ...{ way, control },
  run: ({ compareWithCedar }) => {
    const asked = { seed: 'attack', requests: REQUESTS, perPolicySet: 50, schema: false };
    return Promise.resolve(compareWithCedar(asked).disagreements.length > 0);
  },
});
attack<PolicyModule>({
  id: 'A8',
  name: 'an engine that answers otherwise than Cedar',
  module: 'policy',
  through: 'testing.ts',
  ways: [
    differs('what is forbidden and permitted is allowed', {
      file: 'domain/policy-set.ts',
      text: 'forbids === null && permits !== null',
      cut: 'permits !== null',
    }),
    differs('a condition that is to keep out lets in', {
      file: 'domain/policy-set.ts',
      text: "if (kind === 'unless') return (env) => !test(env);",
      cut: "if (kind === 'unless') return test;",
    }),
    differs('what is missing goes on as if it were there', {
      file: 'domain/access.ts',
      text: 'if (!Object.hasOwn(attributes, name)) throw',
      cut: 'if (!Object.hasOwn(attributes, name)) return false; else if (!name) throw',
    }),
    differs('a pattern is found where its end is not', {
      file: 'domain/like.ts',
      text: '|| !text.endsWith(last)) return false;',
      cut: ') return false;',
    }),
  ],
});
