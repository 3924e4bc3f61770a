/** One visit to one page: who is there, in which language, what they sent; and what a page may answer. */
import type { Consent, EndpointAnswer, Endpoint, EndpointInput, Me, Session } from '@cityward/contracts';
import { RawAnswer, type Caller } from '@cityward/http';
import type { Refusal, Result } from '@cityward/kernel';
import type { Calendar } from './dates.ts';
import type { Html } from './markup.ts';
import type { PortalNeeds } from './needs.ts';
import type { Language, Who, Words } from './words/index.ts';

export interface Visit {
  readonly needs: PortalNeeds;
  readonly caller: Caller;
  /** Null for nobody. */
  readonly me: Me | null;
  readonly session: Session;
  readonly language: Language;
  readonly words: Words;
  readonly calendar: Calendar;
  /** With the query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  /** What the browser keeps of an attempt to sign in that is at the city's provider. */
  readonly attempt: string | null;
  /** Asked as whoever is there. */
  ask<E extends Endpoint>(endpoint: E, input?: Partial<EndpointInput<E>>): Promise<Result<EndpointAnswer<E>, Refusal>>;
}

/** A visit of somebody who signed in. */
export type OwnVisit = Visit & { readonly me: Me };

export type Answer =
  | {
      readonly is: 'page';
      readonly title: string;
      readonly main: Html;
      readonly status?: number;
      /** Something that was sent is not right: said in the title too. */
      readonly isFaulty?: boolean;
      /** Where "Back" leads. */
      readonly back?: string;
      readonly cookies?: readonly string[];
      /** Goes there by itself, without a script. */
      readonly onTo?: string;
    }
  | { readonly is: 'elsewhere'; readonly to: string; readonly cookies?: readonly string[] }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | {
      readonly is: 'file';
      readonly media: string;
      readonly bytes: Uint8Array;
      /** To be kept under this name, not shown. */
      readonly name?: string;
    };

export const refusedBy = (refusal: Refusal): Answer => ({ is: 'refused', refusal });
export const elsewhere = (to: string): Answer => ({ is: 'elsewhere', to });

export interface PageRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** For everybody; all other pages send nobody to the sign-in page. */
  readonly isOpen?: true;
  readonly show: (visit: OwnVisit) => Promise<Answer> | Answer;
}
export interface OpenPageRoute {
  /** The form comes from a page that did not know who is there. */
  readonly isUnmarked?: true;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly isOpen: true;
  readonly show: (visit: Visit) => Promise<Answer> | Answer;
}
export type AnyPageRoute = PageRoute | OpenPageRoute;

export interface AnsweredFile {
  readonly media: string;
  readonly bytes: Uint8Array;
  readonly name: string | null;
}
/** What an endpoint answers that gives a file; its declared answer says nothing of it. */
export function fileIn(answer: unknown): AnsweredFile {
  if (!(answer instanceof RawAnswer)) throw new Error('take an answer as a file: it is none');
  const { contentType: media, body, fileName: name } = answer;
  return { media, bytes: typeof body === 'string' ? Buffer.from(body) : body, name };
}

/** Who somebody is, in the words of a sentence. */
export function whoIs({ needs, words }: Visit, person: string): Who {
  const face = needs.faceOf(person);
  if (!face) return { name: words.looks.somebody(person), profession: null, organisation: null };
  const { name, position } = face;
  return { name, profession: position?.profession ?? null, organisation: position?.organisationName ?? null };
}

/** The person that a consent names, or whoever holds the post that it is for. */
export function toWhom(visit: Visit, to: Pick<Consent, 'person' | 'organisation' | 'role'>): Who {
  const { needs, words } = visit;
  if (to.person !== null) return whoIs(visit, to.person);
  const organisation = to.organisation === null ? null : (needs.organisationName(to.organisation) ?? to.organisation);
  return { name: words.anyone, profession: to.role, organisation };
}

export const categoryName = ({ words }: Pick<Visit, 'words'>, category: string): string =>
  words.categories[category] ?? category;

/** Whom a consent is for: a person by name, or whoever has the role at the organisation. */
export function granteeOf(
  visit: Visit,
  {
    person,
    organisation = null,
    role = null,
  }: Partial<Pick<Consent, 'organisation' | 'role'>> & { readonly person?: string | null },
): Who {
  if (person !== null && person !== undefined) return whoIs(visit, person);
  const where = organisation === null ? '' : visit.needs.nameOf(organisation);
  return { name: visit.words.anybody(role, where), profession: null, organisation: null };
}
