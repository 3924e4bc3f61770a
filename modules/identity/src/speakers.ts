/** Devices and networks as the rule about who may speak asks for them. */
import type { Sites } from './domain/may-speak.ts';
import type { Directory } from './needs.ts';
import type { Networks } from './networks.ts';

export const speakers = (directory: Directory, networks: Networks): Sites => ({
  device: (id) => directory.device(id),
  siteOf: (id) => directory.siteOf(id),
  network: (id) => {
    const kind = networks.kindOf(id);
    return kind === null ? null : { kind, speaksFor: (device) => networks.speaksFor(id, device) };
  },
});
