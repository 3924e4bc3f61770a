/** Opens ACME over what identity has: accounts, the authority, and networks with their standing. */
import { join } from 'node:path';
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { refuse } from '@cityward/kernel';
import { AcmeAccounts } from './acme-bindings.ts';
import { isOrderable } from './acme-names.ts';
import { Orders } from './acme-orders.ts';
import { createAcme } from './acme.ts';
import type { Devices } from './devices.ts';
import type { EstHandler } from './est.ts';
import type { IdentityOptions } from './needs.ts';
import { unknownNetwork } from './networks.ts';
import { ownerOnlyFolder } from './slot-file.ts';

export interface OpenedAcme {
  readonly handler: EstHandler;
  readonly accounts: AcmeAccounts;
}

export async function openAcme(options: IdentityOptions, devices: Devices): Promise<OpenedAcme> {
  const { sql, clock, log, folder, authorise } = options;
  await ownerOnlyFolder(folder);
  const accounts = await AcmeAccounts.open({ folder: join(folder), sql, clock });
  const handler = createAcme({
    url: options.estUrl ?? '',
    hosts: options.acme ?? null,
    accounts,
    orders: await Orders.open({ sql, clock }),
    authority: devices.authority,
    enrolment: devices.enrolment,
    holder: devices.holder,
    standing: (id) => devices.standing.of(id),
    withdraw: (serial, network) => devices.withdraw(serial, network),
    refusals: devices.refusals,
    authorise,
    clock,
    log,
  });
  return { handler, accounts };
}

export interface AcmeRouteParts {
  readonly acme: () => OpenedAcme;
  readonly devices: () => Devices;
  readonly options: IdentityOptions;
}

export const acmeRoutes = ({ acme, devices, options }: AcmeRouteParts): Route[] => [
  route(api.issueAcmeBinding, async ({ params, body }, caller) => {
    const found = devices().networks.get(params.id);
    if (!found) return unknownNetwork('bind', params.id);
    if (!options.acme)
      return refuse('conflict', 'ACME_OFF', `bind "${params.id}": ACME is not switched on, see --acme of the server`);
    if (found.state === 'ended' || found.state === 'revoked' || found.state === 'held')
      return refuse('conflict', 'NETWORK_NOT_GOOD', `bind "${params.id}": it is ${found.state}`);
    const bad = body.names.find((name) => !isOrderable(name) || !options.acme!.addresses.has(name));
    if (bad !== undefined)
      return refuse('invalid', 'NAME_NOT_ORDERABLE', `bind "${params.id}": "${bad}" is no host that --acme names`);
    const issued = await acme().accounts.issue(params.id, body.names, caller.principal.id);
    if (!issued.ok) return issued;
    return {
      ok: true,
      value: { ...issued.value, network: params.id, directory: `${options.estUrl ?? ''}/acme/directory` },
    };
  }),
];
