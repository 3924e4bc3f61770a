/** Requests to see records: who may ask, what the person answers, and that asking tells nothing and gives nothing. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AccessAnswer, AccessRequestDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { AROHA, BEN, CAT, codeOf, HARBOUR, must, NOW } from '../testing.ts';
import { useVault } from '../testing-rig.ts';

const rig = useVault();
const DOCTOR = { organisation: HARBOUR, role: 'doctor' } as const;
beforeEach(() => void rig.at.posts.set(BEN, [DOCTOR]));
const draft = (change: Partial<AccessRequestDraft> = {}): AccessRequestDraft => ({
  ...{ subject: AROHA, scope: { of: 'categories', categories: ['blood-tests', 'notes'] }, rights: ['view', 'text'] },
  ...{ purpose: 'TREAT', days: 10, why: 'You are booked with me on Monday' },
  ...change,
});
const agree = (change: Partial<Extract<AccessAnswer, { answer: 'agree' }>> = {}): AccessAnswer => ({
  ...{ answer: 'agree', scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['text'], uses: 1 },
  ...{ from: NOW, until: NOW + DAY_MS, refrains: ['NOPERSISTP'] },
  ...change,
});
const ask = async (change: Partial<AccessRequestDraft> = {}): Promise<string> =>
  must(await rig.at.vault.asking.ask(draft(change), BEN)).id;

describe('a request to see records', () => {
  it('gives nothing, and what is agreed to is what the person named, while the post lasts', async () => {
    const record = await rig.put();
    const id = await ask();
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    const { request, consent } = must(await rig.at.vault.asking.answer(id, agree(), AROHA));
    expect(request).toMatchObject({ id, state: 'agreed', consent: consent!.id, asker: BEN, ...DOCTOR });
    expect(consent).toMatchObject({ person: BEN, ...DOCTOR, rights: ['text'], uses: 1, given: { by: AROHA } });
    expect(await rig.seen(record)).toContain('canary');
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    expect(await rig.at.vault.asking.about(AROHA)).toMatchObject([{ id, state: 'agreed' }]);
    expect(codeOf(await rig.at.vault.asking.answer(id, agree(), AROHA))).toBe('REQUEST_UNKNOWN');
  });

  it('is declined, and not made again for thirty days', async () => {
    must(await rig.at.vault.asking.answer(await ask(), { answer: 'decline' }, AROHA));
    expect(await rig.at.vault.asking.asked(BEN)).toMatchObject([{ state: 'declined', consent: null }]);
    expect(codeOf(await rig.at.vault.asking.ask(draft(), BEN))).toBe('REQUESTED_ALREADY');
    rig.at.clock.now += 30 * DAY_MS;
    expect(codeOf(await rig.at.vault.asking.ask(draft(), BEN))).toBe('done');
  });

  it('lapses by itself, and then another may be made', async () => {
    const id = await ask();
    expect(codeOf(await rig.at.vault.asking.ask(draft(), BEN))).toBe('REQUESTED_ALREADY');
    rig.at.clock.now += 30 * DAY_MS;
    expect(await rig.at.vault.asking.about(AROHA)).toMatchObject([{ state: 'lapsed' }]);
    expect(codeOf(await rig.at.vault.asking.answer(id, agree(), AROHA))).toBe('REQUEST_UNKNOWN');
    expect(codeOf(await rig.at.vault.asking.ask(draft(), BEN))).toBe('done');
  });

  it('is withdrawn by whoever made it alone', async () => {
    const id = await ask();
    expect(codeOf(await rig.at.vault.asking.withdraw(id, CAT))).toBe('REQUEST_UNKNOWN');
    expect(must(await rig.at.vault.asking.withdraw(id, BEN)).state).toBe('withdrawn');
    expect(codeOf(await rig.at.vault.asking.answer(id, agree(), AROHA))).toBe('REQUEST_UNKNOWN');
  });

  it('answers the same for a person who is not there', async () => {
    const [there, nowhere] = [
      must(await rig.at.vault.asking.ask(draft(), BEN)),
      must(await rig.at.vault.asking.ask(draft({ subject: 'per-nobody' }), BEN)),
    ];
    expect({ ...nowhere, id: '', subject: '' }).toEqual({ ...there, id: '', subject: '' });
  });

  it.each<[string, Partial<AccessRequestDraft>, string]>([
    ['about oneself', { subject: BEN }, 'REQUEST_TO_ONESELF'],
    ['for the purpose of the person', { purpose: 'PATRQT' }, 'REQUEST_MISLEADS'],
    ['that would print and never look', { rights: ['print'] }, 'REQUEST_MISLEADS'],
    ['that links elsewhere', { why: 'Read https://clinic.example first' }, 'REQUEST_MISLEADS'],
    ['that would sell', { why: 'To sell it on to partners' }, 'REQUEST_MISLEADS'],
  ])('%s is refused', async (_what, change, code) => {
    expect(codeOf(await rig.at.vault.asking.ask(draft(change), BEN))).toBe(code);
  });

  it.each<[string, Partial<Extract<AccessAnswer, { answer: 'agree' }>>]>([
    ['rights', { rights: ['text', 'print'] }],
    ['records', { scope: { of: 'categories', categories: ['x-rays'] } }],
    ['days', { until: NOW + 12 * DAY_MS }],
  ])('is not agreed to with more %s than it asked for', async (_what, change) => {
    const id = await ask();
    expect(codeOf(await rig.at.vault.asking.answer(id, agree(change), AROHA))).toBe('BEYOND_ASKED');
    expect(await rig.at.vault.consents(AROHA)).toEqual([]);
  });

  it('is one of twenty at most that wait', async () => {
    for (let i = 0; i < 20; i++) await ask({ subject: `per-${i}` });
    expect(codeOf(await rig.at.vault.asking.ask(draft(), BEN))).toBe('REQUESTED_ALREADY');
  });
});
