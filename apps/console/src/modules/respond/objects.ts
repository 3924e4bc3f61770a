/** Names what an act is about in the city's terms: `14 cameras`, `3 devices`. Pure. */
import { DEVICE_CLASSES, type DeviceClass } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatCount } from '../../ui/format.ts';

/** @param classes the class of each device, in any order; mixed classes read as devices */
export function objectOf(classes: readonly string[]): string {
  const first = classes[0];
  const same = first !== undefined && classes.every((one) => one === first);
  const known = same && (DEVICE_CLASSES as readonly string[]).includes(first);
  const name = known ? words.classes[first as DeviceClass] : words.device;
  const noun = classes.length === 1 ? name.one : name.many;
  return `${formatCount(classes.length)} ${known ? lower(noun) : noun}`;
}

/** Lower case but for abbreviations (`CCTV camera`, `Wi-Fi access point`). */
const lower = (noun: string): string =>
  /^([A-Z]{2}|Wi-Fi)/.test(noun) ? noun : noun.charAt(0).toLowerCase() + noun.slice(1);
