/** The limits of the listener, each a default that a caller may change. */
import { SECOND_MS } from '@cityward/kernel';
import type { MqttLimits } from './types.ts';

export const LIMITS: MqttLimits = {
  packetMaxBytes: 32_768,
  clientsMax: 15_000,
  pendingMax: 1_024,
  subscriptionsPerClientMax: 8,
  topicLevelsMax: 8,
  topicMaxBytes: 256,
  inFlightMaxBytes: 64 * 1_048_576,
  connectTimeoutMs: 10 * SECOND_MS,
  drainTimeoutMs: 10 * SECOND_MS,
  publishesMax: 10_000,
  retainedTopicsMax: 100_000,
};

/** QoS 2 publishes of one client that wait for their PUBREL. */
export const QOS2_PER_CLIENT_MAX = 64;
/** Packets that a client may send before its CONNACK. */
export const EARLY_PACKETS_MAX = 1_000;
/** What a publish counts beside its topic and payload: the objects that carry it. */
export const MESSAGE_OVERHEAD_BYTES = 128;
/** Topics remembered as well formed, so that a device's thousandth message is not looked through again. */
export const PASSED_TOPICS_MAX = 50_000;
