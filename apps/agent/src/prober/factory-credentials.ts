/** Sign-ins that devices left their factories with, as their makers' manuals told everybody. Names travel to the city; passwords never. */
import { CREDENTIALS_TRIED_MAX } from '@cityward/contracts';

export interface FactoryCredential {
  /** What the city and people call it. */
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** Words in the maker's name for which it is tried first. */
  readonly makers: readonly string[];
}

const entry = (user: string, password: string, ...makers: readonly string[]): FactoryCredential => ({
  name: `${user}-${password === '' ? 'empty' : password}`.toLowerCase().slice(0, 40),
  user,
  password,
  makers,
});

/** The most widespread first. */
export const FACTORY_CREDENTIALS: readonly FactoryCredential[] = [
  entry('admin', 'admin', 'dahua', 'avtech', 'd-link', 'zyxel'),
  entry('root', 'pass', 'axis'),
  entry('admin', '12345', 'hikvision'),
  entry('root', 'root', 'arecont'),
  entry('admin', '', 'arecont', 'd-link', 'vivotek'),
  entry('admin', '4321', 'hanwha', 'samsung'),
  entry('888888', '888888', 'dahua'),
  entry('service', 'service', 'bosch'),
  entry('user', 'user', 'bosch'),
  entry('ubnt', 'ubnt', 'ubiquiti'),
  entry('supervisor', 'supervisor', 'geovision'),
  entry('admin', 'meinsm', 'mobotix'),
  entry('root', 'admin'),
  entry('admin', 'password', 'netgear'),
  entry('admin', '1234'),
  entry('guest', 'guest'),
];

/** A device locks an account after so many wrong passwords; the mildest lock we know begins at five. */
export const TRIES_PER_USER_MAX = 3;

/** What is tried on one look: the maker's own first, few for each account, few in all. */
export function credentialsFor(maker: string | null): readonly FactoryCredential[] {
  const name = (maker ?? '').toLowerCase();
  const isOf = (one: FactoryCredential): boolean => one.makers.some((word) => name.includes(word));
  const ordered = [...FACTORY_CREDENTIALS.filter(isOf), ...FACTORY_CREDENTIALS.filter((one) => !isOf(one))];
  const perUser = new Map<string, number>();
  const chosen: FactoryCredential[] = [];
  for (const one of ordered) {
    const tried = perUser.get(one.user) ?? 0;
    if (chosen.length >= CREDENTIALS_TRIED_MAX) break;
    if (tried >= TRIES_PER_USER_MAX) continue;
    perUser.set(one.user, tried + 1);
    chosen.push(one);
  }
  return chosen;
}
