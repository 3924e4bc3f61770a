/** People, as the transport and other modules know them: their sign-ins, who they are, and the first way in of each. */
import type { Principal } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { accessFace, type AccessHub } from './access-face.ts';
import type { AccessFace } from './access-desk.ts';
import { personUnknown, type PersonRecord } from './domain/people.ts';
import type { People } from './people.ts';
import type { EndedSession } from './sessions.ts';
import type { EndedPost, Held, Posts } from './posts.ts';
import type { PersonPasskey, WaysIn } from './ways-in.ts';

/** A person as other parts of the city may know them. */
export interface PersonFace extends Pick<PersonRecord, 'id' | 'handle' | 'kind' | 'position'> {
  readonly passkeys: number;
}
type Registered = Pick<PersonRecord, 'handle' | 'kind' | 'position'>;

/** Sign-ins, as the transport needs them. */
export interface SessionsFace {
  /** Who holds this session token; null for nobody. From memory; counts as activity. */
  authenticate(token: string): Principal | null;
  /** The same without counting as activity: for streams, which ask before each event. */
  principalOf(token: string): Principal | null;
  /** Does the session still stand? Does not count as activity either. */
  stands(token: string): boolean;
  /** A name for the session that may be kept and compared, unlike its token. */
  idOf(token: string): string;
  /** Told at once when a session ends, however: streams close here. `ended.session` is what `idOf` gives. */
  onEnd(listener: (ended: EndedSession) => void): () => void;
}

export interface PeopleFace {
  readonly sessions: SessionsFace;
  /** Temporary access of vendors and installers. */
  readonly access: AccessFace;
  /** A passkey of somebody who works here, to check what they signed with it; null where it is none of theirs. */
  passkeyOf(person: string, id: string): PersonPasskey | null;
  /** The same of anybody. */
  anyPasskeyOf(person: string, id: string): Promise<PersonPasskey | null>;
  /** May this person sign in here? */
  isPerson(id: string): boolean;
  /** Who somebody is, for those who may read their id; null for nobody. */
  faceOf(id: string): PersonFace | null;
  /** Where this person works at this moment and as what; from memory. */
  postsOf(id: string): readonly Held[];
  /** Told at once when somebody's work somewhere ends, or will end sooner. */
  onPostEnded(listener: () => void): () => void;
  /** Posts that ended by the word of the ledger, whatever these tables say; answers how many stood. */
  endPostsAgain(ended: readonly EndedPost[]): Promise<number>;
  /** By what they are called, whole; null for nobody. */
  personNamed(handle: string): Promise<PersonFace | null>;
  /** People of a register that knows them, and where they work; their ids. They count as people before they ever signed in. */
  registerPeople(people: readonly Registered[]): Promise<readonly string[]>;
  /** A new sheet of recovery codes; the one before ends. For the reference city alone: elsewhere people make their own. */
  issueSheet(id: string): Promise<readonly string[]>;
  /** A one-time link for the first person; null once anybody has ever signed in. */
  firstLink(): Promise<string | null>;
  /** A new one-time link for a person by id or handle: for the CLI over its owner-only socket, nobody else. */
  reissueLink(who: string): Promise<Result<string, Refusal>>;
}

interface OpenedPeople {
  readonly people: People;
  readonly posts: Posts;
  readonly waysIn: WaysIn;
}

export const peopleFace = (
  started: () => OpenedPeople,
  hub: {
    readonly access: AccessHub;
    readonly ends: Set<(ended: EndedSession) => void>;
    readonly posts: Set<() => void>;
  },
): PeopleFace => ({
  sessions: {
    authenticate: (token) => started().people.sessions.authenticate(token),
    principalOf: (token) => started().people.sessions.principalOf(token),
    stands: (token) => started().people.sessions.endsAt(token) !== null,
    idOf: (token) => started().people.sessions.idOf(token),
    onEnd: (listener) => {
      hub.ends.add(listener);
      return () => void hub.ends.delete(listener);
    },
  },
  access: accessFace(() => started().people.access, hub.access),
  passkeyOf: (person, id) => started().waysIn.passkeyOf(person, id),
  anyPasskeyOf: (person, id) => started().waysIn.anyPasskeyOf(person, id),
  isPerson: (id) => started().people.get(id)?.state === 'active',
  faceOf: (id) => faceOf(started(), started().people.get(id)),
  personNamed: async (handle) => faceOf(started(), await started().people.named(handle)),
  postsOf: (id) => started().posts.held(id),
  endPostsAgain: (ended) => started().posts.endAgain(ended),
  onPostEnded: (listener) => {
    hub.posts.add(listener);
    return () => void hub.posts.delete(listener);
  },
  registerPeople: async (people) => {
    const ids = await started().people.register(people, 'system');
    for (const [i, { position }] of people.entries())
      if (position !== null) await started().posts.register(ids[i]!, position);
    return ids;
  },
  issueSheet: (id) => started().waysIn.issueRecoveryCodes(id),
  firstLink: () => firstLink(started()),
  reissueLink: (who) => reissueLink(started(), who),
});

function faceOf({ waysIn }: OpenedPeople, person: PersonRecord | undefined): PersonFace | null {
  if (!person) return null;
  const { id, handle, kind, position } = person;
  return { id, handle, kind, position, passkeys: waysIn.passkeysOf(id) };
}

async function firstLink({ people, waysIn }: OpenedPeople): Promise<string | null> {
  if (people.staff().some((person) => person.state !== 'invited')) return null;
  return waysIn.issueLink((await people.first()).id, 'system');
}

async function reissueLink({ people, waysIn }: OpenedPeople, who: string): Promise<Result<string, Refusal>> {
  const person = await people.find(who);
  if (!person) return personUnknown(who);
  if (person.state === 'disabled')
    return refuse(
      'conflict',
      'PERSON_DISABLED',
      `issue link for "${who}": the person is disabled, wanted one who is not`,
    );
  return ok(await waysIn.issueLink(person.id, 'system'));
}
