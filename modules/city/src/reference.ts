/** Port Merrow, the fictional reference city: the same from the same seed on every machine. */
export { portMerrow, DEVICES_LEAST, DEVICES_MOST, REFERENCE_DAY } from './reference/city.ts';
export type { PortMerrow, PortMerrowOptions } from './reference/city.ts';
export type { Remark, Wiring } from './reference/inventory.ts';
export type { CityAddress } from './reference/catalogue.ts';
