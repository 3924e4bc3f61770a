/** Ends or moves the session of a device at its switch (RFC 5176): a request, sent again a few times, and its authentic answer. */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { OperationalFault, refuse, ok, type Refusal, type Result, type Secret } from '@cityward/kernel';
import {
  ATTRIBUTES,
  CODES,
  numberAttribute,
  textAttribute,
  valueOf,
  vlanAttributes,
  type Attribute,
  type Packet,
} from './packet.ts';
import { openAnswer, sealRequest } from './sealing.ts';

/** RFC 5176 section 3.3 leaves the timing to the sender; RFC 5080 section 2.2.1 wants growing pauses. */
const TRY_FIRST_MS = 1_000;
const TRIES_MAX = 4;
/** An identifier is one octet, and an answer is matched by it. */
export const UNDER_WAY_MAX = 256;

export interface Switch {
  /** An address, not a name: nothing is looked up while something is being cut off. */
  readonly address: string;
  readonly port: number;
  readonly secret: Secret;
}
/** Whose session: what the switch said of it when it began. At least one wanted. */
export interface SessionAt {
  readonly userName?: string;
  readonly callingStationId?: string;
  readonly acctSessionId?: string;
}
export type MoveRefusal = Refusal<'SWITCH_REFUSED' | 'SWITCH_SILENT' | 'SESSION_NOT_NAMED' | 'SWITCH_BUSY'>;
export interface DynamicAuthorisation {
  /** Ends the session; the device has to come anew, and gets the VLAN that it is then given. */
  disconnect(at: Switch, session: SessionAt): Promise<Result<void, MoveRefusal>>;
  /** Moves the session to a VLAN (1 to 4094) without ending it, where the switch can. */
  move(at: Switch, session: SessionAt, vlan: number): Promise<Result<void, MoveRefusal>>;
  close(): void;
}
export interface DynamicAuthorisationOptions {
  /** Milliseconds since 1970, for Event-Timestamp: a switch refuses what was recorded and sent again later. */
  readonly now?: () => number;
  readonly tryFirstMs?: number;
}

export function createDynamicAuthorisation(options: DynamicAuthorisationOptions = {}): DynamicAuthorisation {
  const { now = Date.now, tryFirstMs = TRY_FIRST_MS } = options;
  const underWay = new Set<Socket>();
  let identifier = 0;
  const ask = async (at: Switch, code: number, what: readonly Attribute[]): Promise<Result<void, MoveRefusal>> => {
    if (underWay.size >= UNDER_WAY_MAX)
      return refuse(
        'unavailable',
        'SWITCH_BUSY',
        `ask switch "${at.address}": ${underWay.size} requests are under way`,
      );
    identifier = (identifier + 1) % UNDER_WAY_MAX;
    const stamp = numberAttribute(ATTRIBUTES.eventTimestamp, Math.floor(now() / 1_000));
    const request = sealRequest({ code, identifier, attributes: [...what, stamp] }, at.secret);
    // A socket for each request: an answer that somebody guesses has to hit its port too.
    const socket = createSocket(isIP(at.address) === 6 ? 'udp6' : 'udp4');
    underWay.add(socket);
    try {
      return answerOf(at, await exchange(socket, { at, request, tryFirstMs }));
    } finally {
      underWay.delete(socket);
      socket.close();
    }
  };
  return {
    disconnect: (at, session) => {
      const named = namesOf(session);
      return named.length > 0 ? ask(at, CODES.disconnectRequest, named) : unnamed(at);
    },
    move: (at, session, vlan) => {
      if (!Number.isInteger(vlan) || vlan < 1 || vlan > 4_094)
        throw new RangeError(`move a session to VLAN ${vlan}: a number from 1 to 4094 wanted`);
      const named = namesOf(session);
      return named.length > 0 ? ask(at, CODES.coaRequest, [...named, ...vlanAttributes(vlan)]) : unnamed(at);
    },
    close: () => {
      for (const socket of underWay) socket.emit('error', new Error('the client was closed'));
    },
  };
}

const unnamed = (at: Switch): Promise<Result<void, MoveRefusal>> =>
  Promise.resolve(
    refuse('invalid', 'SESSION_NOT_NAMED', `ask switch "${at.address}": a user name, station or session id is wanted`),
  );

function namesOf({ userName, callingStationId, acctSessionId }: SessionAt): Attribute[] {
  const named: [number, string | undefined][] = [
    [ATTRIBUTES.userName, userName],
    [ATTRIBUTES.callingStationId, callingStationId],
    [ATTRIBUTES.acctSessionId, acctSessionId],
  ];
  return named.flatMap(([type, text]) => (text ? [textAttribute(type, text)] : []));
}

interface Exchange {
  readonly at: Switch;
  readonly request: Buffer;
  readonly tryFirstMs: number;
}

/** The first authentic answer, or null when the last try has passed. What is not authentic is as if it had not come. */
function exchange(socket: Socket, { at, request, tryFirstMs }: Exchange): Promise<Packet | null> {
  return new Promise((resolve, reject) => {
    let tries = 0;
    let timer: NodeJS.Timeout | undefined;
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      finish();
    };
    const send = (): void => {
      if (tries === TRIES_MAX) return end(() => resolve(null));
      timer = setTimeout(send, tryFirstMs * 2 ** tries++);
      socket.send(request, at.port, at.address);
    };
    socket.on('error', (error) =>
      end(() => reject(new OperationalFault(`ask switch "${at.address}:${at.port}": ${error.message}`))),
    );
    socket.on('message', (bytes, from) => {
      if (from.address !== at.address || from.port !== at.port) return;
      const answer = openAnswer(bytes, request, at.secret);
      if (answer.ok) end(() => resolve(answer.value));
    });
    send();
  });
}

/** RFC 5176 section 3.5. */
const CAUSES: Readonly<Record<number, string>> = {
  401: 'it does not know an attribute',
  402: 'an attribute is missing',
  403: 'it is meant for another switch',
  404: 'the request is not valid',
  405: 'it does not do this',
  501: 'it is administratively forbidden',
  503: 'it has no such session',
  504: 'the session cannot be moved',
  506: 'it lacks resources',
};

function answerOf({ address }: Switch, packet: Packet | null): Result<void, MoveRefusal> {
  if (!packet)
    return refuse(
      'unavailable',
      'SWITCH_SILENT',
      `ask switch "${address}": no authentic answer came to ${TRIES_MAX} tries`,
    );
  if (packet.code === CODES.disconnectAck || packet.code === CODES.coaAck) return ok(undefined);
  const cause = valueOf(packet, ATTRIBUTES.errorCause);
  const number = cause?.length === 4 ? cause.readUInt32BE() : null;
  const why = number === null ? 'it gave no cause' : (CAUSES[number] ?? `its error cause is ${number}`);
  return refuse('conflict', 'SWITCH_REFUSED', `ask switch "${address}": it refused, ${why}`);
}
