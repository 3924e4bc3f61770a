/** What happens to a PUBLISH, or a will, before anything is acknowledged: aedes waits for `done` before it writes PUBACK or PUBREC. */
import type { Client, PublishPacket } from 'aedes';
import { tell, type AedesClient, type Inner } from './inner.ts';
import { MESSAGE_OVERHEAD_BYTES, PASSED_TOPICS_MAX } from './limits.ts';
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

/** A publish as it came, by whichever way. */
export interface Publish {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly messageId: number | undefined;
  readonly retain: boolean;
  readonly isWill: boolean;
}

export function createPublishRule(inner: Inner, store: () => IncomingStore): PublishRule {
  const unsettledOf = new WeakMap<Client, Unsettled>();
  return (client, packet, done) => {
    if (!client) return done(new Error('publish: wanted a client')); // wills of other brokers: there are none
    const publish: Publish = {
      clientId: client.id,
      topic: packet.topic,
      payload: packet.payload as Buffer,
      qos: packet.qos,
      messageId: packet.messageId,
      retain: packet.retain,
      // By the identity of the object: a publish with the same bytes is none.
      isWill: packet === (client as AedesClient).will,
    };
    packet.retain = false; // for what aedes does with it afterwards
    if (packet.qos !== 2 || packet.messageId === undefined) return takePublish(inner, publish, done);
    const unsettled = unsettledOf.get(client) ?? new Map<number, Done[]>();
    unsettledOf.set(client, unsettled);
    const seen = (): Promise<unknown> => store().incomingGetPacket(client, packet);
    exactlyOnce({ id: packet.messageId, unsettled, seen }, done, (settle) => takePublish(inner, publish, settle));
  };
}

/** A fault that is a refusal carries it; others are ours. */
const codeOf = (fault: Error): string | null =>
  fault instanceof MalformedPublish
    ? 'PUBLISH_MALFORMED'
    : ((fault as { readonly refusal?: { readonly code: string } }).refusal?.code ?? null);
class MalformedPublish extends Error {
  override readonly name = 'MalformedPublish';
}

/** Checks, then to the hook; `done` once it has acknowledged, or with why it is refused. */
export function takePublish(inner: Inner, publish: Publish, done: (fault: Error | null) => void): void {
  const { clientId, topic, payload, qos, isWill } = publish;
  const refuse = (fault: Error): void => {
    inner.counts.refusedPublishes++;
    tell(inner, { what: 'publish', clientId, reason: fault.message, code: codeOf(fault) });
    done(fault);
  };
  const malformed = faultOf(inner, publish);
  if (malformed) return refuse(malformed);
  // Only the server retains. The message itself counts; the flag is not followed.
  if (publish.retain) inner.counts.retainIgnored++;
  const bytes = payload.length + topic.length + MESSAGE_OVERHEAD_BYTES;
  let isSettled = false;
  const acknowledge = (fault: Error | null): void => {
    if (isSettled) return;
    isSettled = true;
    inner.gate.done(bytes);
    if (fault) return refuse(fault);
    inner.counts.acknowledged++;
    done(null);
  };
  inner.gate.add(bytes);
  try {
    inner.hooks.publish({ clientId, topic, payload, qos, isWill }, acknowledge);
  } catch (error) {
    inner.log.error('mqtt publish hook', { client: clientId, reason: (error as Error).message });
    acknowledge(error as Error);
  }
}

function faultOf(inner: Inner, { qos, messageId, topic }: Publish): Error | null {
  // MQTT-2.3.1-1: a QoS above 0 has a message id that is not 0. A will has none until it is sent on.
  if (qos > 0 && messageId === 0) return new MalformedPublish('publish: message id 0, wanted 1 to 65535');
  if (inner.passed.has(topic)) return null;
  const checked = checkPublishTopic(topic, inner.limits);
  if (!checked.ok) return new MalformedPublish(checked.error.message);
  if (inner.passed.size >= PASSED_TOPICS_MAX) inner.passed.clear();
  inner.passed.add(topic);
  return null;
}

interface QosTwo {
  readonly id: number;
  readonly unsettled: Unsettled;
  /** Resolves when the message is stored and waits for its PUBREL. */
  readonly seen: () => Promise<unknown>;
}

/** MQTT-4.3.3-2: a PUBLISH with an id that waits for its PUBREL is the same message again; the hook has it already. */
function exactlyOnce({ id, unsettled, seen }: QosTwo, done: Done, handOver: (settle: Done) => void): void {
  const waiting = unsettled.get(id);
  if (waiting) return void waiting.push(done);
  unsettled.set(id, [done]);
  const settle: Done = (fault) => {
    const all = unsettled.get(id) ?? [];
    unsettled.delete(id);
    for (const one of all) one(fault);
  };
  seen().then(
    () => settle(null),
    () => handOver(settle),
  );
}
