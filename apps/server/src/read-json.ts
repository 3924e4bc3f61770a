/** JSON of a device, as a value to be checked against its contract; `undefined` for what is none. Its packet bounds its depth. */
import { readJsonPayload } from '@cityward/formats/observation-envelope';

export function readJson(payload: Uint8Array): unknown {
  const read = readJsonPayload(payload);
  return read.ok ? read.value.value : undefined;
}
