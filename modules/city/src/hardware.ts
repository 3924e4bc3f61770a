/** Other hardware in the place of a device: what belongs to the thing changes; place, name, edges and everything else stay. */
import type { Hardware } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Change } from './domain/change.ts';
import type { Device } from './domain/model.ts';
import type { CityParts } from './service.ts';
import { raiseRevision, writeChanges } from './store.ts';

export type HardwareRefusal = Refusal<'DEVICE_UNKNOWN' | 'HARDWARE_TAKEN' | 'CITY_CHANGING'>;

/** The same again changes nothing. */
export async function setHardware(
  parts: CityParts,
  id: string,
  { by, reason, ...hardware }: Hardware & { readonly by: string; readonly reason: string },
): Promise<Result<void, HardwareRefusal>> {
  const { inventory, needs } = parts;
  const before = inventory.device(id);
  if (!before || !parts.city)
    return refuse('not-found', 'DEVICE_UNKNOWN', `change hardware of "${id}": the city has no such device`);
  // Of another thing nobody has said which make it is.
  const isOther = before.serial !== hardware.serial || before.model !== hardware.model;
  const after: Device = { ...before, ...(isOther ? { hardwareRevision: null } : {}), ...hardware };
  const names = ['serial', 'mac', 'model', 'firmware', 'hardwareRevision'] as const;
  const differing = names.filter((name) => before[name] !== after[name]);
  if (differing.length === 0) return ok(undefined);
  const other = [
    after.serial === null ? null : inventory.deviceAt(inventory.bySerial(after.serial)),
    after.mac === null ? null : inventory.deviceAt(inventory.byMac(after.mac)),
  ].find((one) => one && one.id !== id);
  if (other)
    return refuse(
      'conflict',
      'HARDWARE_TAKEN',
      `change hardware of "${id}": its serial or address is of "${other.id}"`,
    );
  const changes: Change[] = [{ what: 'device', before, after }];
  const { city } = parts;
  const at = needs.clock();
  const revision = await needs.sql.transact(async (tx) => {
    const raised = await raiseRevision(tx, city.revision);
    if (raised === null) return null;
    await writeChanges(tx, changes);
    const was = Object.fromEntries(differing.map((name) => [name, before[name]]));
    const becomes = Object.fromEntries(differing.map((name) => [name, after[name]]));
    const data = { reason, was, becomes };
    tx.record({ module: 'city', type: 'device.changed', actor: by, subject: id, at, data });
    return raised;
  });
  if (revision === null)
    return refuse('conflict', 'CITY_CHANGING', `change hardware of "${id}": the city is changing, another try wanted`);
  parts.applyToMemory(changes);
  parts.runtime.forgetFirmware(inventory.slotOf(id));
  parts.city = { ...city, revision };
  return ok(undefined);
}
