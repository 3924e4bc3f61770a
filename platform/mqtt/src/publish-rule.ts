/** What happens to a PUBLISH, or a will, before anything is acknowledged: aedes waits for `done` before it writes PUBACK or PUBREC. */
import type { Client, PublishPacket } from 'aedes';
import { tell, type AedesClient, type Inner } from './inner.ts';
import { MESSAGE_OVERHEAD_BYTES } from './limits.ts';
import { checkPublishTopic } from './topic-rules.ts';

type Done = (error?: Error | null) => void;
export type PublishRule = (client: Client | null, packet: PublishPacket, done: Done) => void;

/** The part of aedes' store that knows which QoS 2 publishes wait for their PUBREL. */
export interface IncomingStore {
  /** Rejects when there is no such packet. */
  incomingGetPacket(client: Client, packet: PublishPacket): Promise<unknown>;
}

/** Message ids of one connection whose first QoS 2 PUBLISH is not settled, with all that wait for the same answer. */
type Unsettled = Map<number, Done[]>;

export function createPublishRule(inner: Inner, store: () => IncomingStore): PublishRule {
  const unsettledOf = new WeakMap<Client, Unsettled>();
  return (client, packet, done) => {
    if (!client) return done(new Error('publish: wanted a client')); // wills of other brokers: there are none
    const fault = faultOf(inner, packet);
    if (fault) return refused(inner, client, { fault, done });
    if (packet.retain) {
      // Only the server retains. The message itself counts; the flag is not followed.
      packet.retain = false;
      inner.counts.retainIgnored++;
    }
    const publish: Publish = { client: client as AedesClient, packet };
    if (packet.qos !== 2 || packet.messageId === undefined) return handOver(inner, publish, done);
    const unsettled = unsettledOf.get(client) ?? new Map<number, Done[]>();
    unsettledOf.set(client, unsettled);
    exactlyOnce({ inner, store: store(), unsettled }, publish, done);
  };
}

interface Publish {
  readonly client: AedesClient;
  readonly packet: PublishPacket;
}

function faultOf(inner: Inner, packet: PublishPacket): Error | null {
  // MQTT-2.3.1-1: a QoS above 0 has a message id that is not 0. A will has none until it is sent on.
  if (packet.qos > 0 && packet.messageId === 0) return new Error('publish: message id 0, wanted 1 to 65535');
  const checked = checkPublishTopic(packet.topic, inner.limits);
  return checked.ok ? null : new Error(checked.error.message);
}

function refused(inner: Inner, client: Client, { fault, done }: { fault: Error; done: Done }): void {
  inner.counts.refusedPublishes++;
  tell(inner, { what: 'publish', clientId: client.id, reason: fault.message });
  done(fault);
}

/** To the hook; `done` once it has acknowledged. */
function handOver(inner: Inner, { client, packet }: Publish, done: Done): void {
  const payload = packet.payload as Buffer;
  const bytes = payload.length + packet.topic.length + MESSAGE_OVERHEAD_BYTES;
  let isSettled = false;
  const acknowledge = (fault: Error | null): void => {
    if (isSettled) return;
    isSettled = true;
    inner.gate.done(bytes);
    if (fault) return refused(inner, client, { fault, done });
    inner.counts.acknowledged++;
    done(null);
  };
  inner.gate.add(bytes);
  try {
    // By the identity of the object: a publish with the same bytes is none.
    const isWill = packet === client.will;
    inner.hooks.publish({ clientId: client.id, topic: packet.topic, payload, qos: packet.qos, isWill }, acknowledge);
  } catch (error) {
    inner.log.error('mqtt publish hook', { client: client.id, reason: (error as Error).message });
    acknowledge(error as Error);
  }
}

interface QosTwo {
  readonly inner: Inner;
  readonly store: IncomingStore;
  readonly unsettled: Unsettled;
}

/** MQTT-4.3.3-2: a PUBLISH with an id that waits for its PUBREL is the same message again; the hook has it already. */
function exactlyOnce({ inner, store, unsettled }: QosTwo, publish: Publish, done: Done): void {
  const id = publish.packet.messageId!;
  const waiting = unsettled.get(id);
  if (waiting) return void waiting.push(done);
  unsettled.set(id, [done]);
  const settle: Done = (fault) => {
    const all = unsettled.get(id) ?? [];
    unsettled.delete(id);
    for (const one of all) one(fault);
  };
  store.incomingGetPacket(publish.client, publish.packet).then(
    () => settle(null),
    () => handOver(inner, publish, settle),
  );
}
