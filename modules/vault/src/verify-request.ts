/** For whoever is asked to delete copies: is this the city's own word? Checked with its root and nothing else. Pure. */
import { RecipientRequestFile, type RecipientRequest } from '@cityward/contracts';
import { rootsIn } from '@cityward/fleet/verify';
import { checkDocument } from '@cityward/identity/document-check';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { Value } from 'typebox/value';
import { requestBytes } from './domain/recipient.ts';

/** @param ca PEM of the root, perhaps with others */
export function verifyRequest(file: unknown, ca: string): Result<RecipientRequest, Refusal> {
  const where = 'check the request';
  if (!Value.Check(RecipientRequestFile, file))
    return refuse('invalid', 'REQUEST_SHAPE', `${where}: it is no request to a recipient`);
  const roots = rootsIn(ca);
  if (!roots) return refuse('invalid', 'CA_FILE', `${where}: wanted the certificates of the authority, PEM`);
  const { request, signature } = file;
  const checked = checkDocument(requestBytes(request), Buffer.from(signature, 'base64'), { roots, at: request.at });
  return checked.ok ? ok(request) : checked;
}
