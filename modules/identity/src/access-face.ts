/** Temporary access as other modules use it: listeners may be added before the start. */
import type { AccessDesk, AccessEnded, AccessFace, AccessListener } from './access-desk.ts';

export interface AccessHub {
  readonly ends: Set<(ended: AccessEnded) => void>;
  readonly changes: Set<AccessListener>;
}
export const accessHub = (): AccessHub => ({ ends: new Set(), changes: new Set() });

const addTo =
  <T>(listeners: Set<T>) =>
  (listener: T): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

/** Tells the hub of what the desk does. */
export function connectAccess(desk: AccessDesk, hub: AccessHub): void {
  desk.onEnd((ended) => hub.ends.forEach((tell) => tell(ended)));
  desk.onChange((access) => hub.changes.forEach((tell) => tell(access)));
}

export const accessFace = (desk: () => AccessDesk, hub: AccessHub): AccessFace => ({
  ask: (draft, by) => desk().ask(draft, by),
  judge: (id, judging) => desk().judge(id, judging),
  end: (id, ending) => desk().end(id, ending),
  get: (id) => desk().get(id),
  list: (person) => desk().list(person),
  used: (person, use) => desk().used(person, use),
  onEnd: addTo(hub.ends),
  onChange: addTo(hub.changes),
});
