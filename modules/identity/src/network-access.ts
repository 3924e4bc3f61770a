/** Access to the city's own networks as one: who joins, who is moved, and the RADIUS server that asks. */
import { MOVES_SHOWN_MAX, PORTS_SHOWN_MAX, api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import { createDynamicAuthorisation, type DynamicAuthorisation } from '@cityward/radius';
import type { Devices } from './devices.ts';
import type { IdentityOptions } from './needs.ts';
import { Mover } from './port-mover.ts';
import { Ports, type AccountingNote, type JoinRequest } from './ports.ts';
import type { PortAccess } from './domain/port-access.ts';
import { PortMoves } from './port-moves.ts';
import { openRadiusReminders, type RadiusReminders } from './radius-reminders.ts';
import { openRadiusSetUps, RADIUS_ID, type RadiusSetUps } from './radius-set-up.ts';
import type { TrustService } from './trust.ts';
import { TurnedAway, type TurnedAwayNote } from './turned-away.ts';

export interface NetworkAccess extends NetworkAccessFace {
  readonly ports: Ports;
  readonly moves: PortMoves;
  readonly radius: RadiusSetUps;
  readonly reminders: RadiusReminders;
  /** Looks at the kept sessions; only once identity answers, since policy asks it about each of them. */
  start(): void;
  stop(): Promise<void>;
}
export interface NetworkAccessFace {
  /** What a device gets that wants to join at a switch; asked by the RADIUS server. */
  join(request: JoinRequest): Promise<PortAccess>;
  account(note: AccountingNote): Promise<void>;
  /** 802.1X refused whoever named itself so, and its switch may have put it into quarantine. */
  refused(note: TurnedAwayNote & { readonly name: string }): Promise<void>;
  /** Resolves when no session is being moved. */
  settled(): Promise<void>;
}

interface AccessParts {
  readonly options: IdentityOptions;
  readonly devices: Devices;
  readonly trust: TrustService;
}

export async function openNetworkAccess({ options, devices, trust }: AccessParts): Promise<NetworkAccess> {
  const { sql, clock, log, folder } = options;
  const mayJoin = (id: string): boolean => {
    const kind = devices.holder(id)?.type ?? 'device';
    // What guards lives is not cut for want of trust.
    const isTrusted = trust.markOf({ kind, id }).level !== 'none' || options.directory.isLifeSafety?.(id) === true;
    return isTrusted && (options.mayJoin?.(id) ?? true);
  };
  const moves = await PortMoves.open(sql);
  const ports = await Ports.open({
    ...{ sql, clock, log, mayJoin, moves },
    refusals: devices.refusals,
    admit: (peer) => devices.admit(peer),
    holder: devices.holder,
    standing: (id) => devices.standing.of(id),
  });
  const reminders = await openRadiusReminders({
    ...{ sql, clock, log, subject: RADIUS_ID },
    matters: () => !['ended', 'revoked'].includes(devices.standing.of(RADIUS_ID)),
  });
  const radius = await openRadiusSetUps({ folder, sql, clock, devices, renewed: reminders.renewed });
  const client: DynamicAuthorisation = options.radius ?? createDynamicAuthorisation({ now: clock });
  const turnedAway = await TurnedAway.open({
    ...{ sql, clock, log, pauseFirstMs: options.anewAfterMs },
    isKnown: (id) => devices.holder(id) !== null,
    accessOf: (id) => ports.accessOf(id),
    newest: (id) => devices.register.latest(id)?.serial ?? null,
    sessionAt: (nas, station) => ports.sessionAt(nas, station),
    quarantine: () => ports.plan.quarantine,
  });
  const moving = { moves, sql, clock, log, radius: client, switchAt: (nas: string) => radius.switchAt(nas) };
  const movers = [new Mover({ ...moving, ports }), new Mover({ ...moving, ports: turnedAway })];
  const refresh = (device: string): void => {
    ports.refreshDevice(device);
    turnedAway.refreshDevice(device);
  };
  devices.standing.onStanding(refresh);
  const deaf = trust.onTrust(({ subject }) => refresh(subject.id));
  return {
    ...doorOf(ports, turnedAway),
    ports,
    moves,
    radius,
    reminders,
    start: () => {
      ports.refreshAll();
      turnedAway.refreshAll();
    },
    settled: async () => void (await Promise.all(movers.map((mover) => mover.settled()))),
    stop: async () => {
      deaf();
      turnedAway.stop();
      client.close();
      await Promise.all(movers.map((mover) => mover.stop()));
      await reminders.stop();
    },
  };
}

const doorOf = (ports: Ports, turnedAway: TurnedAway): Omit<NetworkAccessFace, 'settled'> => ({
  join: async (request) => {
    const access = await ports.join(request);
    if (!request.peer) await turnedAway.byAddress(request);
    else if (access.give === 'vlan') await turnedAway.joined(request.nas, request.station);
    return access;
  },
  account: async (note) => {
    await ports.account(note);
    await turnedAway.account(note);
  },
  refused: (note) => turnedAway.refused(note),
});

export interface AccessRouteParts {
  readonly access: () => NetworkAccess;
  readonly accessUrl: string | undefined;
}

export function networkAccessRoutes({ access, accessUrl }: AccessRouteParts): Route[] {
  return [
    route(api.getNetworkAccess, () => {
      const { ports, moves, radius, reminders } = access();
      const shown = { sessions: ports.list(PORTS_SHOWN_MAX), moves: moves.list(MOVES_SHOWN_MAX) };
      const certificates = reminders.list();
      return Promise.resolve(
        ok({ plan: ports.plan, switches: [...radius.switches()], ...shown, count: ports.count(), certificates }),
      );
    }),
    route(api.setVlans, ({ body }, caller) => access().ports.setPlan(body, caller.principal.id)),
    route(api.setUpRadius, async ({ body }, caller) => {
      const { ports, radius } = access();
      const made = await radius.setUp(body, caller.principal.id);
      return made.ok
        ? ok({ ...made.value, switches: [...made.value.switches], url: accessUrl ?? '', plan: ports.plan })
        : made;
    }),
  ];
}
