/** Officers, what they sign, and the artifacts that devices install. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { ArtifactRef, ChangeJob, JobSignature, Sha256, SignedOfficers } from '../jobs.ts';
import { Closed, Count, Id, OneOf, Time } from '../schema.ts';

const REPOSITORY_TEXT_MAX_CHARS = 5_000_000;
/** JSON around a text of that size, with every quote escaped. */
const REPOSITORY_BODY_MAX_BYTES = 2 * REPOSITORY_TEXT_MAX_CHARS;

const OfficersVersion = Closed({
  version: Type.Integer({ minimum: 1 }),
  /** What officers compare, and what is pinned on devices: SHA-256 of the signed bytes. */
  hash: Sha256,
  signed: SignedOfficers,
  at: Time,
  by: Type.String(),
  /** Devices that say it is the one they trust; they follow a newer one by its signatures alone. */
  devices: Count,
});

/** How far a change is from being allowed. */
export const ChangeSigned = Closed({
  /** Distinct officers; 0 before the city has officers, which is never enough. */
  needed: Count,
  officers: Type.Array(Id),
  /** True when one signature by `cityward sign` is needed and missing. */
  wantsOffline: Type.Boolean(),
  complete: Type.Boolean(),
});
export type ChangeSigned = Static<typeof ChangeSigned>;

/** All that somebody needs to sign a change, by passkey here or by `cityward sign` elsewhere. */
export const ChangeToSign = Closed({
  job: ChangeJob,
  /** SHA-256 of the signed bytes, to be compared with what the other machine shows. */
  hash: Sha256,
  /** The same in base64url: the challenge of a passkey. */
  challenge: Type.String(),
  passkeys: Type.Array(Closed({ key: Id, officer: Id, origin: Type.String(), rpId: Type.String() })),
  signed: ChangeSigned,
});
export type ChangeToSign = Static<typeof ChangeToSign>;

const Words = Type.Array(Type.String());
export const ArtifactCard = Closed({
  ...ArtifactRef.properties,
  kind: OneOf(['firmware', 'configuration']),
  /** What it is for; an empty list means all. */
  classes: Words,
  models: Words,
  hardware: Words,
  at: Time,
  by: Type.String(),
});
export type ArtifactCard = Static<typeof ArtifactCard>;

export const fleetTrust = {
  listOfficers: endpoint({
    name: 'listOfficers',
    method: 'GET',
    path: '/api/officers',
    action: 'readChanges',
    summary: 'Every version of the document that says who may sign changes of devices',
    answer: Closed({ versions: Type.Array(OfficersVersion) }),
  }),
  addOfficers: endpoint({
    name: 'addOfficers',
    method: 'POST',
    path: '/api/officers',
    action: 'signChange',
    summary: 'Hand in the next version, signed by enough officers of this one and of the next',
    body: SignedOfficers,
    answer: Closed({ version: Type.Integer(), hash: Sha256 }),
  }),
  changeToSign: endpoint({
    name: 'changeToSign',
    method: 'GET',
    path: '/api/changes/:id/signatures',
    action: 'readChanges',
    summary: 'What is to be signed, by whom it is signed, and the challenge for a passkey',
    params: Closed({ id: Id }),
    answer: ChangeToSign,
  }),
  signChange: endpoint({
    name: 'signChange',
    method: 'POST',
    path: '/api/changes/:id/signatures',
    action: 'signChange',
    summary: "Hand in an officer's signature on a change",
    params: Closed({ id: Id }),
    body: JobSignature,
    answer: ChangeSigned,
  }),
  listArtifacts: endpoint({
    name: 'listArtifacts',
    method: 'GET',
    path: '/api/artifacts',
    action: 'readChanges',
    summary: 'Firmware and configuration sets that devices can be given',
    answer: Closed({ artifacts: Type.Array(ArtifactCard) }),
  }),
  repositoryDrafts: endpoint({
    name: 'repositoryDrafts',
    method: 'GET',
    path: '/api/artifacts/repository',
    action: 'readChanges',
    summary: 'What officers would sign next for the repository of artifacts: the documents, unsigned',
    answer: Closed({
      /** TUF metadata, the part that is signed; null where nothing is new. */
      root: Type.Unknown(),
      targets: Type.Unknown(),
      published: Closed({ root: Count, targets: Count }),
    }),
  }),
  publishRepository: endpoint({
    name: 'publishRepository',
    method: 'POST',
    path: '/api/artifacts/repository',
    action: 'signChange',
    summary: 'Publish a root or targets document that enough officers have signed',
    body: Closed({
      role: OneOf(['root', 'targets']),
      /** The signed document, to the byte. */
      text: Type.String({ minLength: 2, maxLength: REPOSITORY_TEXT_MAX_CHARS }),
    }),
    answer: Closed({ version: Type.Integer() }),
    bodyMaxBytes: REPOSITORY_BODY_MAX_BYTES,
  }),
} as const;
