/** Days as a city lives them: where a local day begins, whatever its clocks do. */

export interface LocalDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones that are held at a time; a city has one. */
const FORMATS_MAX = 50;

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    if (formats.size >= FORMATS_MAX) formats.clear();
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format;
}

/** What a clock on the wall shows, as if it were UTC. */
function wallClock(at: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** @param zone an IANA name that this machine knows */
export function localDate(at: number, zone: string): LocalDate {
  const wall = new Date(wallClock(at, zone));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

/** The first moment of a local day, milliseconds since 1970: the 30th of February is the 1st or 2nd of March. */
export function startOfDay({ year, month, day }: LocalDate, zone: string): number {
  const wanted = Date.UTC(year, month - 1, day);
  let at = wanted;
  // The offset is that of the moment itself, which is found by going there; twice, because a change may lie between.
  for (let i = 0; i < 2; i++) at += wanted - wallClock(at, zone);
  // Where clocks are put forward at midnight, the day begins at the first moment that its date is shown.
  const short = wanted - wallClock(at, zone);
  return short > 0 ? at + short : at;
}

/** False for a time zone (an IANA name) that this machine does not know. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '' && zone !== '';
  } catch {
    return false;
  }
}
