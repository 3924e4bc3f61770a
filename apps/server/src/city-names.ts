/** What people call things of the city, and where they find them. */
import type { City } from '@cityward/city';
import type { Config } from './config.ts';

export const CITY_NAME = 'Port Merrow';

/** Null where there is no party of this id. */
export function partyName(city: Pick<City, 'node'>, id: string): string | null {
  const node = city.node(id);
  return node?.kind === 'party' ? node.name : null;
}

export const consoleOrigin = ({ consolePort }: Pick<Config, 'consolePort'>): string =>
  `http://localhost:${consolePort}`;
export const deskAddress = (config: Pick<Config, 'consolePort'>): string => `${consoleOrigin(config)}/desk`;

/** A name of its own, so that neither cookies nor passkeys of the console reach it. */
export const portalOrigin = ({ portalPort, portalUrl }: Pick<Config, 'portalPort' | 'portalUrl'>): string =>
  portalUrl ?? `http://portal.localhost:${portalPort}`;
