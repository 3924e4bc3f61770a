/** Pages of one person who looks at a record, and its owner who takes the consent back, by the program that browsers run. */
import type { Consent } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { fetchAs, openPage } from '../../modules/vault/src/lease/testing-views.ts';
import { AROHA, BEN, consentTo } from '../../modules/vault/src/testing.ts';
import { answer } from '../ingest/plan.ts';

const OPENED_AT_ONCE = 50;
const owner = fetchAs(AROHA);

interface Where {
  readonly base: string;
  readonly record: string;
}
async function post<Answer>({ base }: Where, path: string, body?: object): Promise<Answer> {
  const response = await owner(`${base}${path}`, {
    method: 'POST',
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as Answer;
}
const give = async (where: Where): Promise<string> => {
  const from = Date.now();
  const draft = consentTo(BEN, {
    from,
    until: from + DAY_MS,
    scope: { of: 'records', records: [where.record] },
  });
  return (await post<Consent>(where, '/api/consents', draft)).id;
};
const takeBack = (where: Where, consent: string): Promise<Consent> => post(where, `/api/consents/${consent}/take-back`);

answer({
  takeBack: async ({ takings, ...where }: Where & { takings: number }) => {
    const times: number[] = [];
    for (let i = 0; i < takings; i++) {
      const consent = await give(where);
      const began = performance.now();
      await takeBack(where, consent);
      times.push(performance.now() - began);
    }
    return times;
  },
  dark: async ({ count, ...where }: Where & { count: number }) => {
    const consent = await give(where);
    const delays: number[] = [];
    let began = Infinity;
    const dark: Promise<void>[] = [];
    for (let opened = 0; opened < count; opened += OPENED_AT_ONCE) {
      const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - opened) }, async () => {
        const page = await openPage(where, { record: where.record, purpose: 'TREAT' }, fetchAs(BEN));
        await page.page(0);
        dark.push(
          page.dark.then((why) => {
            if (why !== 'told' || performance.now() < began) throw new Error(`a page went dark: ${why}`);
            delays.push(performance.now() - began);
          }),
        );
      });
      await Promise.all(some);
    }
    began = performance.now();
    await takeBack(where, consent);
    const ackMs = performance.now() - began;
    await Promise.all(dark);
    return { delays, ackMs };
  },
});
