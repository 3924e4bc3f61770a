/** Who may see this person's data, who looked, and is it gone when it should be? */
export { openKeySlots } from './key-slots.ts';
export { createKeyring } from './keyring.ts';
export { openRootFile } from './root-file.ts';
export { openContent, sealContent } from './sealed.ts';
export type { Keyring, KeyId, OpenKey, RootKey } from './keyring.ts';
export type { RecordBinding } from './domain/binding.ts';
