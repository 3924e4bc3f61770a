// Records that only their owner can read: keys are made, used and forgotten in this page; the city gets public keys and ciphertext.
const place = document.getElementById('private');
const CODE = '/api/blind/code/blind/page';
const [client, hpke, ownKey, { element, showJson }] = await Promise.all([
  import(`${CODE}/client.ts`),
  import(`${CODE}/hpke.ts`),
  import(`${CODE}/own-key.ts`),
  import('/shown.js'),
]);
const { me, file } = place.dataset;
const say = JSON.parse(place.dataset.say);
const status = document.getElementById('private-status');
const fault = document.getElementById('private-fault');
const shown = document.getElementById('private-shown');
const PRICE = [...document.querySelectorAll('input[name=price]')];
const SALT_BYTES = 32;
const SHEET_GROUP = /.{1,4}/g;

/** Said to the person in words; anything else that fails is said to have failed. */
class Told extends Error {}

async function ask(method, path, body) {
  const answer = await fetch(`/api/blind${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Told(value.code);
  return value;
}
const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
const idsOf = (wraps) => wraps.map(({ credential }) => ({ type: 'public-key', id: hpke.fromText(credential) }));

/** What a passkey makes of the salt, and which it was; it signs nothing that anybody looks at. */
async function prfOf(salt, wraps = []) {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: random(SALT_BYTES),
      allowCredentials: idsOf(wraps),
      userVerification: 'required',
      extensions: { prf: { eval: { first: hpke.fromText(salt) } } },
    },
  });
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!first) throw new Told('no-prf');
  return { credential: credential.id, prf: new Uint8Array(first) };
}
async function wrapped(pair, salt) {
  const { credential, prf } = await prfOf(salt);
  const sealed = await ownKey.wrapKey(prf, { person: me, credential }, pair.secret);
  return { credential, wrapped: hpke.toText(sealed) };
}
async function unwrapped({ publicKey, salt, wraps }) {
  const { credential, prf } = await prfOf(salt, wraps);
  const wrap = wraps.find((one) => one.credential === credential);
  const secret = wrap && (await ownKey.unwrapKey(prf, { person: me, credential }, hpke.fromText(wrap.wrapped)));
  if (!secret) throw new Told('no-key');
  return { person: me, publicKey: hpke.fromText(publicKey), secret };
}

let mine = null;
/** One's own key, from then on in this page alone. */
async function openKey() {
  if (mine) return mine;
  const { key } = await ask('GET', '');
  if (!key) throw new Told('no-key');
  mine = await unwrapped(key);
  return mine;
}
/** With what the city keeps of it. */
async function newKey() {
  const pair = await hpke.newKeyPair();
  const [salt, publicKey] = [hpke.toText(random(SALT_BYTES)), hpke.toText(pair.publicKey)];
  return { pair, draft: { publicKey, salt, ...(await wrapped(pair, salt)) } };
}
async function makeKey() {
  const { pair, draft } = await newKey();
  await ask('POST', '/key', draft);
  mine = { person: me, ...pair };
}

async function sign(text) {
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const { id, response } = await navigator.credentials.get({
    publicKey: { challenge, userVerification: 'required' },
  });
  const textOf = (buffer) => hpke.toText(new Uint8Array(buffer));
  return {
    key: id,
    authenticatorData: textOf(response.authenticatorData),
    clientDataJson: textOf(response.clientDataJSON),
    signature: textOf(response.signature),
  };
}
async function choose(what) {
  const { person, publicKey } = await openKey();
  const choice = {
    format: 'cityward-blind-choice/1',
    subject: person,
    do: what.do,
    accepted: what.accepted ?? [],
    publicKey: hpke.toText(publicKey),
    needed: what.needed ?? 0,
    holders: what.holders ?? [],
    at: Date.now(),
  };
  const text = JSON.stringify(choice);
  const shares = await client.shareKey(mine, choice);
  await ask('POST', '/choice', { text, signature: await sign(text), shares });
}

async function holdersNamed() {
  const numbers = document.getElementById('holders').value.toLowerCase().split(/\s+/).filter(Boolean);
  const needed = Number(document.getElementById('needed').value || 0);
  if (numbers.length === 0) return { holders: [], needed: 0 };
  if (!Number.isInteger(needed) || needed < 2 || needed > numbers.length) throw new Told('needed');
  const holders = [];
  for (const person of numbers) {
    const { publicKey } = await ask('GET', `/keys/${encodeURIComponent(person)}`).catch(() => ({}));
    if (!publicKey) throw new Told('holder');
    holders.push({ person, publicKey });
  }
  return { holders, needed };
}

let made = [];
function show(bytes, media) {
  for (const url of made.splice(0)) URL.revokeObjectURL(url);
  const into = shown.lastElementChild;
  into.replaceChildren();
  shown.hidden = false;
  if (!media.endsWith('json')) {
    const url = URL.createObjectURL(new Blob([bytes], { type: media }));
    made.push(url);
    const link = element('a', file);
    Object.assign(link, { href: url, download: 'record', className: 'button main' });
    return into.append(link);
  }
  showJson(into, new TextDecoder().decode(bytes), place.dataset);
}

/** Each says what was done, or the page it leads to. */
const ACTS = {
  keep: async () => (await makeKey(), again()),
  'new-key': async () => {
    const { draft } = await newKey();
    const { publicKey } = draft;
    const text = JSON.stringify({ format: 'cityward-blind-new-key/1', subject: me, publicKey, at: Date.now() });
    await ask('POST', '/key/new', { ...draft, text, signature: await sign(text) });
    return again();
  },
  renew: async () => {
    const own = await openKey();
    for (let done = 1; done > 0;) {
      const { seals, ...among } = await ask('GET', '/shares');
      if (seals.length === 0) break;
      const versions = await client.splitAgain(own, among, seals);
      ({ done } = await ask('POST', '/shares', { holders: among.holders, key: [], versions }));
    }
    const { needed, holders } = await ask('GET', '/shares');
    // Last: until then it is said that shares are to be given.
    await ask('POST', '/shares', { holders, key: await client.shareKey(own, { holders, needed }), versions: [] });
    return again();
  },
  'turn-on': async () => {
    if (!PRICE.every(({ checked }) => checked)) throw new Told('price');
    const named = await holdersNamed();
    const { key } = await ask('GET', '');
    if (!key) await makeKey();
    await choose({ do: 'turn-on', accepted: PRICE.map(({ value }) => value), ...named });
    return again();
  },
  'turn-off': async () => (await choose({ do: 'turn-off' }), again()),
  'hand-back': async () => {
    const own = await openKey();
    for (let left = 1, done = 1; left > 0 && done > 0;) {
      const { seals } = await ask('GET', '/seals');
      if (seals.length === 0) break;
      ({ left, done } = await ask('POST', '/hand-back', { keys: await client.ownKeys(own, seals) }));
    }
    return again();
  },
  read: async ({ record, purpose }) => {
    const given = await ask('GET', `/records/${record}?purpose=${purpose}`);
    const bytes = await client.readRecord(await openKey(), given);
    if (!bytes) throw new Told('not-opened');
    show(bytes, given.media);
    shown.scrollIntoView({ block: 'nearest' });
    return 'opened';
  },
  share: async ({ consent }) => {
    const own = await openKey();
    let total = 0;
    for (let done = 1; done > 0; total += done) {
      const { to, seals } = await ask('GET', `/seals?consent=${consent}`);
      if (!to.publicKey) throw new Told('no-key-there');
      if (seals.length === 0) break;
      const sealed = await client.sealForConsent(own, { consent, ...to }, seals);
      ({ done } = await ask('POST', `/consents/${consent}/seals`, { seals: sealed }));
    }
    return total > 0 ? 'shared' : 'nothing-to-share';
  },
  'ask-holders': async ({ glass }) => (await ask('POST', `/emergencies/${glass}`), 'done'),
  release: async ({ ask: id }) => {
    const { asks } = await ask('GET', '/asks');
    const seals = await client.releaseShares(
      await openKey(),
      asks.find((one) => one.id === id),
    );
    await ask('POST', `/asks/${id}/release`, { seals });
    return again();
  },
  sheet: async () => {
    const { secret } = await openKey();
    const sheet = document.getElementById('private-sheet');
    sheet.textContent = [...secret]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .match(SHEET_GROUP)
      .join(' ');
    sheet.hidden = false;
    return 'done';
  },
  restore: async () => {
    const hex = document.getElementById('sheet-key').value.replace(/\s/g, '').toLowerCase();
    const secret = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const { key } = await ask('GET', '');
    const own = await client.keyFromSecret(me, secret, key.publicKey);
    if (!own) throw new Told('not-opened');
    await ask('POST', '/key/wraps', await wrapped(own, key.salt));
    return again();
  },
  'ask-recovery': async () => {
    const { draft } = await newKey();
    await ask('POST', '/recovery', draft);
    return again();
  },
  recover: async () => {
    const { key, recovery } = await ask('GET', '');
    const { publicKey, salt, credential, wrapped: sealed } = recovery;
    const temporary = await unwrapped({ publicKey, salt, wraps: [{ credential, wrapped: sealed }] });
    const own = await client.joinKey(temporary, recovery, key.publicKey);
    if (!own) throw new Told('QUORUM_NOT_REACHED');
    await ask('POST', '/key/wraps', await wrapped(own, key.salt));
    await ask('POST', '/recovery/end');
    return again();
  },
  'end-recovery': async () => (await ask('POST', '/recovery/end'), again()),
};
/** The page as it stands now. */
function again() {
  location.reload();
  return 'working';
}

for (const button of place.querySelectorAll('[data-private]')) {
  button.addEventListener('click', async () => {
    fault.hidden = true;
    status.hidden = false;
    status.textContent = say.working;
    button.disabled = true;
    try {
      status.textContent = say[await ACTS[button.dataset.private](button.dataset)];
    } catch (caught) {
      status.hidden = true;
      fault.textContent = (caught instanceof Told && say[caught.message]) || say.failed;
      fault.hidden = false;
      fault.focus();
    }
    button.disabled = false;
  });
}
for (const code of place.querySelectorAll('[data-key]')) code.textContent = await client.fingerprint(code.dataset.key);
addEventListener('pagehide', () => {
  mine?.secret.fill(0);
  mine = null;
});
place.dataset.ready = '';
