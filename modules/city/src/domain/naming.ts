/** From names in a file to parties, sites and wards of the city; parties and sites that are not there yet are made. */
import type { PartyKind } from '@cityward/contracts';
import type { Change } from './change.ts';
import type { Known } from './difference.ts';
import type { Values } from './fields.ts';
import { thingId } from './merge.ts';
import type { Device } from './model.ts';

export interface Named {
  readonly maker: string | null;
  readonly owner: string | null;
  readonly maintainer: string | null;
  readonly installer: string | null;
  readonly site: string | null;
  readonly ward: string | null;
  /** The parties and the site that had to be made. */
  readonly changes: readonly Change[];
  readonly remark: string;
}
export interface Naming {
  /** @param before the device that is there; its ward follows only from a new position */
  resolve(values: Values, before: Device | null): Named;
}

const PARTY_KIND: Readonly<Record<'maker' | 'owner' | 'maintainer' | 'installer', PartyKind>> = {
  maker: 'maker',
  owner: 'department',
  maintainer: 'agency',
  installer: 'integrator',
};
const SLUG_MAX_CHARS = 30;

const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, SLUG_MAX_CHARS)
    .replace(/-+$/, '');

export function createNaming(known: Known): Naming {
  const made = new Map<string, string>();
  const ids = new Set<string>();
  /** A readable id, with a hash behind it where the readable one is taken or would be empty. */
  const idFor = (prefix: string, name: string): string => {
    const plain = `${prefix}-${slug(name)}`;
    const readable = slug(name).length >= 2 && !known.taken(plain) && !ids.has(plain);
    const id = readable ? plain : thingId(prefix, name);
    ids.add(id);
    return id;
  };
  const party = (part: keyof typeof PARTY_KIND, name: string | undefined, changes: Change[]): string | null => {
    if (name === undefined) return null;
    const key = `party ${name.toLowerCase()}`;
    const there = known.partyNamed(name) ?? made.get(key);
    if (there !== undefined && there !== null) return there;
    const id = idFor('party', name);
    made.set(key, id);
    changes.push({ what: 'party', before: null, after: { id, name, kind: PARTY_KIND[part] } });
    return id;
  };
  const site = (values: Values, ward: string | null, changes: Change[]): string | null => {
    if (values.site === undefined) return null;
    const key = `site ${values.site.toLowerCase()}`;
    const there = known.siteNamed(values.site) ?? made.get(key);
    if (there !== undefined && there !== null) return there;
    const id = idFor('site', values.site);
    made.set(key, id);
    const { lon, lat } = values.place ?? { lon: null, lat: null };
    changes.push({ what: 'site', before: null, after: { id, name: values.site, kind: 'building', ward, lon, lat } });
    return id;
  };
  return {
    resolve(values, before) {
      const changes: Change[] = [];
      const told = values.ward === undefined ? null : known.wardNamed(values.ward);
      const remark =
        values.ward !== undefined && told === null ? `ward "${values.ward}" is not in the city, left out` : '';
      const { place } = values;
      const moved = place && (place.lon !== before?.lon || place.lat !== before.lat);
      const ward = told ?? (moved ? known.wardAt(place.lon, place.lat) : (before?.ward ?? null));
      return {
        maker: party('maker', values.maker, changes),
        owner: party('owner', values.owner, changes),
        maintainer: party('maintainer', values.maintainer, changes),
        installer: party('installer', values.installer, changes),
        site: site(values, ward, changes),
        ward,
        changes,
        remark,
      };
    },
  };
}
