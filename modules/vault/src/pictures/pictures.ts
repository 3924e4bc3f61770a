/**
 * A record as pictures, for the right to see and not to have it: each page with the visible mark and the hidden one, put together in
 * the turn in which the look was judged for the last time. Content reaches it by `show` alone.
 */
import { isClip, PICTURE_PAGES_MAX } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { PreparedPage, Studio } from '@cityward/pictures';
import { framesOf, stillsOf } from '../domain/motion-jpeg.ts';
import { visibleMark } from '../domain/visible.ts';
import type { Showable } from '../lease/open-view.ts';
import type { Changed } from '../lease/views.ts';
import type { VaultOptions } from '../needs.ts';
import type { Look } from '../viewing/deciding.ts';
import type { Held, Made, OpenedRecord, Show } from '../viewing/viewing.ts';
import { addMark, type StoredMark } from './mark-store.ts';
import { PageCache, type PageInUse } from './page-cache.ts';

/** Sittings whose marks are at hand; one that was forgotten gets another mark. */
const MARKS_MAX = 20_000;
const SWEEP_MS = 15_000;
const RETRY_AFTER_MS = 500;

export interface PictureLook {
  readonly look: Omit<Look, 'right'>;
  /** From 1 on. */
  readonly page: number;
  /** What the hidden mark names beside the reason: one person at one machine. */
  readonly session: string;
}
export interface Picture {
  readonly pages: number;
  readonly jpeg: Buffer;
}
interface Parts extends Pick<VaultOptions, 'sql' | 'clock' | 'zone' | 'nameOf'> {
  readonly show: Show;
  readonly studio: () => Promise<Studio>;
  /** Ends what draws. */
  readonly stop: () => Promise<void>;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}
interface Place {
  readonly record: string;
  readonly version: number;
  readonly page: number;
}

interface Sitting extends Pick<PictureLook, 'session'> {
  /** What is lent has one mark on all its pages: the one that the ledger was told. */
  readonly mark?: string;
}
interface Marked extends Made<Picture | null> {
  readonly mark: string;
}

export class Pictures {
  readonly cache: PageCache;
  readonly #parts: Parts;
  readonly #marks = new Map<string, Promise<string>>();
  #sweeping: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.cache = new PageCache(parts.monotonic);
  }

  start(): void {
    this.#sweeping = setInterval(() => this.cache.sweep(), SWEEP_MS).unref();
  }
  async stop(): Promise<void> {
    clearInterval(this.#sweeping);
    this.cache.clear();
    await this.#parts.stop();
  }

  /** Something changed: pages that it was a reason for, or of what it is about, are overwritten. */
  review({ record, consent }: Changed): void {
    if (record !== undefined) this.cache.forget(record);
    if (consent !== undefined) this.cache.forgetSeenBy(consent);
    if (record === undefined && consent === undefined) this.cache.clear();
  }

  /** One page. Each is a look of its own: decided, counted, recorded. */
  async page({ look: asked, page, session }: PictureLook): Promise<Result<Picture, Refusal>> {
    const look: Look = { ...asked, right: 'view' };
    const shown = await this.#parts.show(look, async (opened): Promise<Result<Made<Picture | null>, Refusal>> => {
      const ready = await this.#ready(look, opened, { page, session });
      opened.content.fill(0);
      return ready;
    });
    if (!shown.ok) return shown;
    return shown.value ? ok(shown.value) : again(asked.record);
  }

  /** For a page that is lent a record: the first page is drawn now, the others when they are asked for. */
  async lend(look: Look, session: string): Promise<Result<Showable, Refusal>> {
    const shown = await this.#parts.show(look, async (opened): Promise<Result<Made<Showable | null>, Refusal>> => {
      const { content, ...rest } = opened;
      const first = await this.#ready(look, opened, { page: 1, session });
      content.fill(0);
      if (!first.ok) return first;
      const { told, hand, drop, mark } = first.value;
      const lent = (): Showable | null => {
        const picture = hand();
        return picture && this.#lent(look, rest, { first: picture, session, mark });
      };
      return ok({ told, hand: lent, drop });
    });
    if (!shown.ok) return shown;
    return shown.value ? ok(shown.value) : again(look.record);
  }

  #lent(
    ...[look, opened, { first, ...sitting }]: readonly [
      Look,
      Omit<OpenedRecord, 'content'>,
      Sitting & { readonly first: Picture },
    ]
  ): Showable {
    const { held } = opened;
    const draw = async (page: number): Promise<Buffer> => {
      const content = await held.again();
      if (!content) return Buffer.alloc(0); // over: whoever lends it has heard, or hears now
      const ready = await this.#ready(look, { ...opened, content }, { page, ...sitting });
      content.fill(0);
      if (!ready.ok) return this.#sorry(ready.error, look, { opened, sitting });
      if (held.against() === null) return ready.value.hand()?.jpeg ?? Buffer.alloc(0);
      ready.value.drop();
      return Buffer.alloc(0);
    };
    return {
      media: 'image/jpeg',
      pages: first.pages,
      page: (page) => (page === 0 ? Promise.resolve(first.jpeg) : draw(page + 1)),
      held,
    };
  }

  /** A page that says why the one that was asked for cannot be drawn. */
  async #sorry(
    ...[refusal, look, { opened, sitting }]: readonly [
      Refusal,
      Look,
      { readonly opened: Omit<OpenedRecord, 'content'>; readonly sitting: Sitting },
    ]
  ): Promise<Buffer> {
    const words = { media: 'text/plain', content: Buffer.from(refusal.message), page: 1 } as const;
    const studio = await this.#parts.studio();
    const drawn = await studio.draw(words);
    if (!drawn.ok) return Buffer.alloc(0);
    const marks = await this.#marksFor(look, opened.held, sitting);
    return marks.ok ? studio.marked(drawn.value.page, marks.value.line, marks.value.mark) : Buffer.alloc(0);
  }

  async #ready(
    look: Look,
    opened: OpenedRecord,
    { page, ...sitting }: Sitting & Pick<PictureLook, 'page'>,
  ): Promise<Result<Marked, Refusal>> {
    const { version, held } = opened;
    const place: Place = { record: look.record, version, page };
    const drawn = await this.#drawn(place, opened);
    if (!drawn.ok) return drawn;
    const use = drawn.value;
    const [studio, marks] = await Promise.all([this.#parts.studio(), this.#marksFor(look, held, sitting)]).catch(
      (fault: unknown) => {
        use.leave();
        throw fault;
      },
    );
    if (!marks.ok) {
      use.leave();
      return marks;
    }
    const { line, mark } = marks.value;
    return ok({
      mark,
      // With the session: whose mark it is can be said from the ledger alone.
      told: { page, mark, session: sitting.session },
      hand: () => {
        const at = use.drawn;
        const picture = at && { pages: at.pages, jpeg: studio.marked(at.page, line, mark) };
        use.leave();
        return picture;
      },
      drop: () => use.leave(),
    });
  }

  async #drawn(place: Place, { media, content, held }: OpenedRecord): Promise<Result<PageInUse, Refusal>> {
    const consent = consentOf(held);
    const since = this.cache.generation;
    const atHand = this.cache.use(place, consent);
    if (atHand) return ok(atHand);
    const drawn = await this.#draw(place, { media, content });
    return drawn.ok ? ok(this.cache.keep(place, drawn.value, { consent, since })) : drawn;
  }

  async #draw(
    place: Place,
    { media, content }: Pick<OpenedRecord, 'media' | 'content'>,
  ): Promise<Result<PreparedPage, Refusal>> {
    const studio = await this.#parts.studio();
    if (!isClip(media)) return studio.draw({ media, content, page: place.page });
    const frames = media === 'video/x-motion-jpeg' ? framesOf(content) : null;
    if (frames === null) return noPictures(place);
    const stills = stillsOf(frames, PICTURE_PAGES_MAX);
    const still = stills[place.page - 1];
    if (!still) return noStill(place, stills.length);
    const drawn = await studio.draw({ media: 'image/jpeg', content: still, page: 1 });
    return drawn.ok ? ok({ ...drawn.value, pages: stills.length }) : drawn;
  }

  async #marksFor({ record, purpose, principal }: Look, held: Held, { session, mark: given }: Sitting) {
    const { clock, zone, nameOf } = this.#parts;
    const consent = consentOf(held);
    const who = nameOf(principal.id) ?? principal.id;
    const studio = await this.#parts.studio();
    const line = await studio.ready(visibleMark({ who, purpose, consent, at: clock(), zone }));
    if (!line.ok) return line;
    const about = { session, record, subject: held.subject, person: principal.id, consent, purpose };
    const mark = given ?? (await this.#markOf(about));
    return ok({ line: line.value, mark });
  }

  /** One mark for a person, a record and a reason in one session, on disk before a page carries it. */
  #markOf(about: Omit<StoredMark, 'mark' | 'at'>): Promise<string> {
    const { sql, clock } = this.#parts;
    const key = JSON.stringify([about.session, about.record, about.person, about.consent, about.purpose]);
    const held = this.#marks.get(key);
    if (held) return held;
    const mark = newId<string>('mark');
    const made = addMark(sql, { ...about, mark, at: clock() }).then(() => mark);
    this.#marks.set(key, made);
    if (this.#marks.size > MARKS_MAX) this.#marks.delete(this.#marks.keys().next().value!);
    made.catch(() => this.#marks.delete(key));
    return made;
  }
}

const noStill = ({ record, page }: Place, stills: number): Result<never, Refusal> =>
  refuse('not-found', 'NO_SUCH_PAGE', `see still ${page} of record "${record}": the film has ${stills}`);

/** The promise of looking without keeping holds for pictures that are drawn here; of film that needs a decoder none are. */
const noPictures = ({ record }: Place): Result<never, Refusal> =>
  refuse(
    'invalid',
    'CLIP_NOT_DRAWN',
    `see record "${record}" as pictures: it is a clip that is not Motion JPEG, wanted the right to have it whole`,
  );

const consentOf = ({ basis }: Held): string | null => (typeof basis['consent'] === 'string' ? basis['consent'] : null);
/** It was overwritten while this look was written down, for another reason than this look's own. */
const again = (record: string): Result<never, Refusal> => ({
  ok: false,
  error: {
    kind: 'unavailable',
    code: 'PICTURE_NOT_AT_HAND',
    message: `see record "${record}": its page was put away meanwhile, ask for it again`,
    retryAfterMs: RETRY_AFTER_MS,
  },
});
