/** What joined an incident since somebody last looked at it. Pure. */
import type { Incident } from '@cityward/contracts';

export type IncidentDevice = Incident['devices'][number];

/** Infected devices of the incident that are not among `known`, in the incident's order. */
export function addedSince(incident: Pick<Incident, 'devices'>, known: readonly string[]): readonly IncidentDevice[] {
  const old = new Set(known);
  return incident.devices.filter((device) => device.role === 'infected' && !old.has(device.id));
}

export const idsOf = (devices: readonly IncidentDevice[]): string[] => devices.map((one) => one.id);
