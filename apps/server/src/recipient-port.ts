/** Brings a request to where a recipient answers, as an officer registered it: nothing is sent where nobody did. */
import { answerText } from '@cityward/http';
import type { VaultOptions } from '@cityward/vault';

const CALL_MAX_MS = 10_000;

export const sendToRecipient: NonNullable<VaultOptions['sendToRecipient']> = async (url, body, answerMaxBytes) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_MAX_MS),
  });
  return { status: answer.status, body: await answerText(answer, answerMaxBytes) };
};
