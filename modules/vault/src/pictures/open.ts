/** Everything about pictures of records, opened with the vault. */
import type { Refusal, Result } from '@cityward/kernel';
import { createStudio, type Studio } from '@cityward/pictures';
import type { CityKeys } from '../keys/key-holder.ts';
import type { Showable } from '../lease/open-view.ts';
import type { VaultOptions } from '../needs.ts';
import type { Look } from '../viewing/deciding.ts';
import type { Show } from '../viewing/viewing.ts';
import { Pictures } from './pictures.ts';
import { createTrace, type Trace } from './traces.ts';

type Lend<Given extends unknown[]> = (look: Look, ...given: Given) => Promise<Result<Showable, Refusal>>;

export interface OpenPictures {
  readonly pictures: Pictures;
  readonly trace: Trace;
  /** What is lent to a page: pictures for the right to view, and what `text` gives for the right to read. */
  lendAs(text: Lend<[]>): Lend<[session: string]>;
}
interface Given {
  readonly keyring: Pick<CityKeys, 'markKey'>;
  readonly show: Show;
  /** Has this process the keys? Another asks for that of the mark when it draws. */
  readonly isHolder: boolean;
}

export async function openPictures(options: VaultOptions, { keyring, show, isHolder }: Given): Promise<OpenPictures> {
  let opening: Promise<Studio> | null = null;
  const studio = (): Promise<Studio> => {
    opening ??= keyring.markKey().then((key) => createStudio({ key }));
    opening.catch(() => (opening = null));
    return opening;
  };
  if (isHolder) await studio();
  const stop = async (): Promise<void> => (await opening?.catch(() => null))?.stop();
  const monotonic = options.monotonic ?? (() => performance.now());
  const pictures = new Pictures({ ...options, monotonic, show, studio, stop });
  pictures.start();
  return {
    pictures,
    trace: createTrace({ ...options, studio }),
    lendAs: (text) => (look, session) => (look.right === 'view' ? pictures.lend(look, session) : text(look)),
  };
}
