const [root, phase, folder, countText] = process.argv.slice(2);
const count = Number(countText);
process.chdir("/tmp/limits-million");
const { openPglite } = await import(`${root}/platform/sql/src/index.ts`);
const { silentLog } = await import(`${root}/platform/log/src/index.ts`);
const { testVault, TestLedger, NOW, AROHA, BEN } = await import(`${root}/modules/vault/src/testing.ts`);
const { openVaultJournal } = await import(`${root}/modules/vault/src/vault-journal.ts`);
const { sql: raw } = await import(`${root}/node_modules/kysely/dist/esm/index.js`).catch(() => import(`${root}/node_modules/kysely/dist/index.js`));
import { mkdirSync, statSync } from 'node:fs';
const L = '0123456789abcdefghjkmnpqrstvwxyz';
const idOf = (i: number) => { let t = ''; for (let k = 0; k < 16; k++) { t = L[i & 31] + t; i >>>= 5; } return `con-${t}`; };
mkdirSync(`${folder}/sql`, { recursive: true });
const sql = await openPglite({ folder: `${folder}/sql`, cache: `${folder}/cache`, log: silentLog });
class Big extends TestLedger {
  standing = () => ({ origin: 'test.example/ledger', size: count, checkpoint: '' });
  scan = async (from: number, visit: (part: unknown[]) => void) => {
    for (let at = from; at < count; at += 1000) {
      const part = [];
      for (let i = at; i < Math.min(count, at + 1000); i++)
        part.push({ entry: i, body: { module: 'vault', type: 'consent.taken-back', actor: AROHA, subject: AROHA, at: NOW, data: { consent: idOf(i) } } });
      visit(part);
    }
    return count;
  };
}
const gc = (globalThis as any).gc;
const mb = (n: number) => Math.round(n / 1048576);
const say = (what: string) => { gc(); gc(); const m = process.memoryUsage(); console.log(what, 'heap', mb(m.heapUsed), 'MB rss', mb(m.rss), 'MB maxrss', Math.round(process.resourceUsage().maxRSS / 1024), 'MB cpu', Math.round(process.cpuUsage().user / 1e3), 'ms'); };
if (phase === 'setup') {
  const first = testVault(sql, folder, { ledger: new TestLedger() });
  await first.vault.start(); await first.vault.stop();
  const body = JSON.stringify({ scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['text'], refrains: [] });
  const journal = await openVaultJournal(`${folder}/journal`);
  for (let at = 0; at < count; at += 5000) {
    const ids = Array.from({ length: Math.min(5000, count - at) }, (_, i) => idOf(at + i));
    await raw`insert into vault.consent (id, subject, person, body, purpose, from_at, until_at, given_at, given_by, taken_back_at, taken_back_by)
      select id, ${AROHA}, ${BEN}, ${body}, 'TREAT', ${NOW - 1}::bigint, ${NOW + 1e10}::bigint, ${NOW - 1}::bigint, ${AROHA}, ${NOW}::bigint, ${AROHA} from unnest(${ids}::text[]) as id`.execute(sql.for());
    await journal.append(ids.map((consent) => ({ do: 'take-back', consent, at: NOW, by: AROHA })));
  }
  await journal.close();
} else {
  say('before start');
  const { vault, clock } = testVault(sql, folder, { ledger: new Big() });
  clock.now = NOW + 2 * 3600_000 * 24;
  const began = performance.now();
  await vault.start();
  console.log(phase, 'start', Math.round(performance.now() - began), 'ms', vault.status().gateWords, 'journal', statSync(`${folder}/journal/vault.journal`).size, 'bytes');
  say('after start');
  await vault.stop();
}
await sql.stop();
