/** MQTT 3.1.1 over mTLS. */
export { createMqttListener } from './listener.ts';
export type {
  MqttHooks,
  MqttLimits,
  MqttListener,
  MqttListenerOptions,
  MqttMessage,
  MqttPeer,
  MqttRefusal,
  MqttStats,
  MqttTls,
} from './types.ts';
