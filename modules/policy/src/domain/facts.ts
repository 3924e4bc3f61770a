/** Turns who asks and about what, as the rest of the city says it, into the entities that policies speak about. */
import type { EntityAttributes, Principal, Resource } from '@cityward/contracts';
import { parseTopic, ROLES, TEMPORARY_ROLES } from '@cityward/contracts';
import { entityRef } from './values.ts';
import type { CedarRecord, EntityRef } from './values.ts';

const NO_ATTRIBUTES: CedarRecord = {};
const NO_PARENTS: readonly EntityRef[] = [];
const ROLE_DATA = { attributes: NO_ATTRIBUTES, parents: NO_PARENTS, tags: null };
const KNOWN_ROLES = new Map<string, EntityRef>(ROLES.map((role) => [role, entityRef('Role', role, ROLE_DATA)]));

const roleRef = (role: string): EntityRef => KNOWN_ROLES.get(role) ?? entityRef('Role', role, ROLE_DATA);

/** Scopes that name devices: policy compares these with the resource itself, which is no text. */
const DEVICE_SCOPES = TEMPORARY_ROLES.map((role) => `${role}Devices`);

function withScope(attributes: EntityAttributes): CedarRecord {
  let record = attributes as CedarRecord;
  for (const name of DEVICE_SCOPES) {
    const ids = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (Array.isArray(ids)) record = { ...record, [name]: ids.map((id) => entityRef('Device', String(id))) };
  }
  return record;
}

/** Roles become groups that the principal is in. */
export const principalRef = ({ type, id, roles, attributes }: Principal): EntityRef =>
  entityRef(type, id, {
    attributes: type === 'Person' ? withScope(attributes) : (attributes as CedarRecord),
    parents: roles.length === 0 ? NO_PARENTS : roles.map(roleRef),
    tags: null,
  });

/** A topic's owner and leaf come from the topic itself, never from whoever asks; null for what is no topic of ours. */
export function resourceRef({ type, id, attributes }: Resource): EntityRef | null {
  if (type === 'Record') return recordRef(id, attributes);
  if (type !== 'Topic')
    return entityRef(type, id, { attributes: attributes as CedarRecord, parents: NO_PARENTS, tags: null });
  const topic = parseTopic(id);
  if (topic === null) return null;
  const owner = entityRef('Device', topic.device);
  return entityRef('Topic', id, {
    attributes: { owner, name: topic.device, leaf: topic.leaf },
    parents: NO_PARENTS,
    tags: null,
  });
}

/** Whose it is, as the person that policy compares with the principal. */
function recordRef(id: string, attributes: EntityAttributes): EntityRef {
  const subject = Object.hasOwn(attributes, 'subject') ? attributes['subject'] : undefined;
  const named = subject === undefined ? {} : { subject: entityRef('Person', String(subject)) };
  return entityRef('Record', id, {
    attributes: { ...attributes, ...named } as CedarRecord,
    parents: NO_PARENTS,
    tags: null,
  });
}

const INVITING = new Set<string>(['invitePerson', 'setRoles']);

/** The part of a request's input that policy has to know: the roles that a person would be given. */
export function contextFor(action: string, input: unknown): EntityAttributes {
  if (!INVITING.has(action)) return {};
  const body = (input as { readonly body?: { readonly roles?: unknown } } | undefined)?.body;
  return Array.isArray(body?.roles) ? { roles: body.roles as readonly string[] } : {};
}
