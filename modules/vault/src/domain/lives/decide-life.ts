/** May this be recorded of this life? Each refusal names what is wanted. */
import { REPRESENTATIVES_MAX, type Office, type SwiftChange, type WeightyChange } from '@cityward/contracts';
import { DAY_MS, dayNumber, ok, type Refusal, refuse, type Result, startOfDay, unreachable } from '@cityward/kernel';
import { phaseAt, standingAgainst, type Life, type LifeChange, type Proved } from './life.ts';
import { yearsAfter } from './calendar-sums.ts';

export interface Circumstances {
  readonly now: number;
  readonly zone: string;
  /** From what age on a person decides alone, as the law says. */
  readonly ageYears: number;
}

/** So long an order lets notices wait; a longer one is made anew. */
const HUSH_MAX_MS = 30 * DAY_MS;

const invalid = (message: string): Result<never, Refusal> => refuse('invalid', 'LIFE_NOT_VALID', message);
const conflict = (message: string): Result<never, Refusal> => refuse('conflict', 'LIFE_OTHERWISE', message);

/** What the change is, once two officers and a document stand for it. */
export function decideWeighty(
  life: Life,
  { change, proof, standing }: { readonly change: WeightyChange; readonly proof: Proved; readonly standing: string },
  circumstances: Circumstances,
): Result<LifeChange, Refusal> {
  const where = `record "${change.do}" of "${life.subject}"`;
  const phase = phaseAt(life, circumstances.now);
  if (phase === 'deceased' && change.do !== 'appoint' && change.do !== 'settle')
    return conflict(`${where}: they are recorded as deceased`);
  switch (change.do) {
    case 'minor':
      return decideMinor(change.born, { where, proof }, circumstances);
    case 'appoint': {
      const { person, as, until } = change;
      const fault = faultOfAppointment(life, { person, as, until }, circumstances.now);
      return fault === null
        ? ok({ do: 'appoint', standing, person, as, until, proof })
        : conflict(`${where}: ${fault}`);
    }
    case 'incapable':
      return phase === 'incapable' ? conflict(`${where}: that is recorded already`) : ok({ do: 'incapable', proof });
    case 'capable':
      return phase === 'incapable'
        ? ok({ do: 'capable', proof })
        : conflict(`${where}: they are not recorded otherwise`);
    case 'settle':
      return life.disputedSince === null ? conflict(`${where}: nobody is at odds`) : ok({ do: 'settle', proof });
    case 'died':
      return ok({ do: 'died', proof });
    case 'hush':
      return change.until > circumstances.now && change.until <= circumstances.now + HUSH_MAX_MS
        ? ok({ do: 'hush', until: change.until, clause: change.clause, proof })
        : invalid(`${where}: wanted an end within ${HUSH_MAX_MS / DAY_MS} days`);
    default:
      return unreachable(change);
  }
}

function decideMinor(
  born: string,
  { where, proof }: { readonly where: string; readonly proof: Proved },
  { now, zone, ageYears }: Circumstances,
): Result<LifeChange, Refusal> {
  const day = dayNumber(born);
  if (day === null) return invalid(`${where}: "${born}" is no day, wanted such as 2015-03-01`);
  const sixteen = yearsAfter(day, ageYears);
  if (startOfDay(day, zone) > now) return invalid(`${where}: "${born}" is in the future, wanted a day that was`);
  if (startOfDay(sixteen, zone) <= now)
    return invalid(`${where}: born on "${born}" they are ${ageYears} already, wanted somebody younger`);
  return ok({ do: 'minor', sixteen, proof });
}

function faultOfAppointment(
  life: Life,
  { person, as, until }: { readonly person: string; readonly as: Office; readonly until: number | null },
  now: number,
): string | null {
  const phase = phaseAt(life, now);
  if (person === life.subject) return 'wanted somebody else than the person';
  if (until !== null && until <= now) return 'wanted an end that is still to come';
  // Somebody may name their attorney long before one is needed.
  const wanted = { guardian: ['minor'], executor: ['deceased'], attorney: ['of-age', 'incapable'] }[as];
  if (!wanted.includes(phase)) return `a ${as} is for somebody ${wanted.join(' or ')}, they are ${phase}`;
  const held = life.standings.filter((one) => one.ended === null && (one.until === null || one.until > now));
  if (held.some((one) => one.person === person && one.as === as)) return `"${person}" is their ${as} already`;
  return held.length >= REPRESENTATIVES_MAX ? `wanted at most ${REPRESENTATIVES_MAX} who act for them` : null;
}

export function decideSwift(life: Life, change: SwiftChange, now: number): Result<LifeChange, Refusal> {
  const where = `record "${change.do}" of "${life.subject}"`;
  switch (change.do) {
    case 'end':
      return life.standings.some(({ id }) => id === change.standing)
        ? ok(change)
        : refuse('not-found', 'STANDING_UNKNOWN', `${where}: nobody acts for them by "${change.standing}"`);
    case 'dispute':
      return life.standings.some((one) => ['disputed', null].includes(standingAgainst(life, one, now)))
        ? ok(change)
        : conflict(`${where}: nobody acts for them, so that nobody can be at odds`);
    case 'keep':
    case 'watch':
      return ok(change);
    default:
      return unreachable(change);
  }
}
