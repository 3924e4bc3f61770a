/** Port Merrow, the fictional reference city: the same from the same seed on every machine. */
export { portMerrow, DEVICES_LEAST, DEVICES_MOST, REFERENCE_DAY } from './reference/city.ts';
export type { PortMerrow, PortMerrowOptions } from './reference/city.ts';
export { usualPeers, type UsualPeer } from './reference/peers.ts';
export { trafficOf, conversationsOf, isAwake, type Traffic, type HourOfTalk } from './reference/traffic.ts';
export { telemetryAt, TELEMETRY_PERIOD_MS, SLEEPER_PERIOD_MS } from './reference/telemetry.ts';
export { history, benignDay, observations } from './reference/history.ts';
