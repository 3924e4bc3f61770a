/** Everything that may hold a certificate and a standing of its own: devices of the city, and networks registered here. */
import type { HolderType } from './domain/names.ts';
import type { Directory, KnownDevice } from './needs.ts';
import type { Networks } from './networks.ts';

/** Of a network, `class` is its kind. */
export interface KnownHolder extends Pick<KnownDevice, 'id' | 'class' | 'site'> {
  readonly type: HolderType;
}
export type FindHolder = (id: string) => KnownHolder | null;

export const createHolders =
  (directory: Directory, networks: Networks): FindHolder =>
  (id) => {
    const kind = networks.kindOf(id);
    if (kind !== null) return { type: 'network', id, class: kind, site: null };
    const device = directory.device(id);
    return device ? { type: 'device', id, class: device.class, site: device.site } : null;
  };
