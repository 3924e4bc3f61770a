/** A record as it is, as one page: for the right `text`. */
import { ok, type Refusal, type Result } from '@cityward/kernel';
import type { Look } from '../viewing/deciding.ts';
import type { View } from '../viewing/viewing.ts';
import type { Showable } from './open-view.ts';

export const asText =
  (view: View) =>
  async (look: Look): Promise<Result<Showable, Refusal>> => {
    const seen = await view(look);
    if (!seen.ok) return seen;
    const { media, content, held } = seen.value;
    return ok({ media, pages: 1, page: () => Promise.resolve(content), held });
  };
