/** Keeps the one event stream open: reopens it with growing pauses, and says when it is lost. */
import type { LiveEvent } from '@cityward/contracts';

const KINDS = [
  'hello',
  'ended',
  'access',
  'devices',
  'counts',
  'situation',
  'incident',
  'containment',
  'evidence',
  'job',
  'import',
  'change',
];
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000];

export interface LiveListener {
  opened(): void;
  heard(event: LiveEvent): void;
  lost(): void;
}

/** Opens the stream at `url`; the function that comes back closes it for good. */
export function openStream(url: string, listener: LiveListener): () => void {
  let source: EventSource | null = null;
  let timer: number | undefined;
  let failures = 0;
  let closed = false;

  const hear = (message: MessageEvent<string>): void => {
    failures = 0;
    try {
      listener.heard(JSON.parse(message.data) as LiveEvent);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error; // a torn line: the next hello reloads the screen
    }
  };
  const open = (): void => {
    source = new EventSource(url);
    source.onopen = () => listener.opened();
    source.onmessage = hear;
    for (const kind of KINDS) source.addEventListener(kind, hear as (event: Event) => void);
    source.onerror = () => {
      source?.close();
      listener.lost();
      if (closed) return;
      const pause = PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)]!;
      window.clearTimeout(timer);
      timer = window.setTimeout(open, pause);
    };
  };
  open();
  return () => {
    closed = true;
    window.clearTimeout(timer);
    source?.close();
  };
}
