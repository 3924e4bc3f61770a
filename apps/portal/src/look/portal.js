// Passkey ceremonies and the token of a one-time link: all that these pages cannot do without a script.
document.documentElement.classList.add('scripted');

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
const listed = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));

async function post(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function shown(credential) {
  const { id, rawId, type, response, authenticatorAttachment } = credential;
  const fields = {};
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'])
    if (response[name]) fields[name] = textOf(response[name]);
  if (typeof response.getTransports === 'function') fields.transports = response.getTransports();
  const clientExtensionResults = credential.getClientExtensionResults();
  return { id, rawId: textOf(rawId), type, response: fields, clientExtensionResults, authenticatorAttachment };
}

async function signIn() {
  const options = await post('/api/session/passkey/challenge');
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: listed(options.allowCredentials),
  };
  await post('/api/session/passkey', shown(await navigator.credentials.get({ publicKey })));
}

async function add() {
  const options = await post('/api/me/passkeys/challenge');
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
    // So that it can keep a key of its person's too, should they want one.
    extensions: { ...options.extensions, prf: {} },
  };
  await post('/api/me/passkeys', shown(await navigator.credentials.create({ publicKey })));
}

const CEREMONIES = { 'sign-in': signIn, add };
for (const button of document.querySelectorAll('[data-passkey]')) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    const failed = document.getElementById(button.dataset.failed);
    failed.hidden = true;
    try {
      await CEREMONIES[button.dataset.passkey]();
      location.assign(button.dataset.then);
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
}

// The token of a link is in the fragment, which is never sent: it goes into the field of the form, and out of the address.
const [, token] = /^#token=([A-Za-z0-9_-]{20,200})$/.exec(location.hash) ?? [];
const field = document.getElementById('link-token');
if (token && field) {
  field.value = token;
  history.replaceState(null, '', location.pathname);
  for (const part of document.querySelectorAll('[data-link]')) part.hidden = false;
}
