/** One call of a camera's REST interfaces in the course of an order: what it answers, or its refusal in words. */
import type { Refusal, Result } from '@cityward/kernel';
import { readData } from './camera-api.ts';
import type { CameraAsk } from './camera-asks.ts';
import { permitOf, type CameraWork } from './camera-work.ts';

export const rest = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, data?: unknown): CameraAsk => ({
  kind: 'rest',
  method,
  path,
  ...(data === undefined ? {} : { data }),
});

export async function change(work: CameraWork, ask: CameraAsk, what: string): Promise<Result<unknown, Refusal>> {
  const answer = await work.parts.client.change(ask, permitOf(work));
  return answer.ok ? readData(what, answer.value) : answer;
}

export async function read(work: CameraWork, ask: CameraAsk, what: string): Promise<Result<unknown, Refusal>> {
  const answer = await work.parts.client.read(ask);
  return answer.ok ? readData(what, answer.value) : answer;
}
