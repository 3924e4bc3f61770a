/** The endpoints of officers, signatures and artifacts. */
import { api, type ChangeJob, type Officers, type Resource } from '@cityward/contracts';
import {
  contentReply,
  route,
  type Caller,
  type RawReply,
  type RawRequest,
  type RawRoute,
  type Route,
} from '@cityward/http';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { ARTIFACT_MAX_BYTES, type Artifacts } from './artifacts.ts';
import { jobHash, officersHash } from './domain/trust/bytes.ts';
import type { About } from './domain/tuf/metadata.ts';
import type { OfficersRegister } from './officers.ts';
import type { ArtifactRepository } from './repository.ts';
import type { Artifact } from './store-trust.ts';
import type { Signatures } from './signatures.ts';

export interface TrustParts {
  readonly officers: OfficersRegister;
  readonly signatures: Signatures;
  readonly artifacts: Artifacts;
  readonly repository: ArtifactRepository;
  readonly jobOf: (change: string) => Promise<Result<ChangeJob, Refusal>>;
  /** Devices that trust each version. */
  readonly byOfficers: () => ReadonlyMap<number, number>;
}

export const trustRoutes = (parts: TrustParts): readonly Route[] => {
  const { officers, signatures, artifacts, repository, jobOf, byOfficers } = parts;
  return [
    route(api.listOfficers, () => {
      const trusted = byOfficers();
      const versions = officers.versions().map((one) => ({ ...one, devices: trusted.get(one.version) ?? 0 }));
      return Promise.resolve(ok({ versions }));
    }),
    route(api.addOfficers, async ({ body }, caller) => {
      const added = await officers.add(body, caller.principal.id);
      return added.ok ? ok({ version: added.value.version, hash: officersHash(added.value) }) : added;
    }),
    route(api.changeToSign, async ({ params }) => {
      const job = await jobOf(params.id);
      return job.ok ? ok(toSign(job.value, officers.current(), signatures)) : job;
    }),
    route(api.signChange, async ({ params, body }, caller) => {
      const signed = await signatures.add(params.id, body, caller.principal.id);
      return signed.ok ? ok({ ...signed.value, officers: [...signed.value.officers] }) : signed;
    }),
    route(api.listArtifacts, () => Promise.resolve(ok({ artifacts: [...artifacts.list()] }))),
    route(api.repositoryDrafts, () => repository.drafts()),
    route(api.publishRepository, ({ body }) => repository.publish(body.role, body.text)),
  ];
};

function toSign(job: ChangeJob, officers: Officers | null, signatures: Signatures) {
  const hash = jobHash(job);
  const signed = signatures.standing(job);
  return {
    job,
    hash,
    challenge: Buffer.from(hash, 'hex').toString('base64url'),
    passkeys: (officers?.keys ?? []).flatMap((key) =>
      key.alg === 'webauthn' ? [{ key: key.id, officer: key.officer, origin: key.origin, rpId: key.rpId }] : [],
    ),
    signed: { ...signed, officers: [...signed.officers] },
  };
}

/** Firmware is too large for a JSON command: its bytes are the body, what it is stands in the address. */
export const ARTIFACT_PATH = '/api/artifacts';

export const artifactUpload = ({ artifacts }: Pick<TrustParts, 'artifacts'>): RawRoute => ({
  name: 'addArtifact',
  method: 'POST',
  path: ARTIFACT_PATH,
  action: 'addArtifact',
  bodyMaxBytes: ARTIFACT_MAX_BYTES,
  streams: true,
  handle: async (request, caller) => {
    const about = aboutOf(request);
    const added = about.ok ? await artifacts.add(about.value, request.stream ?? nothing(), caller.principal.id) : about;
    return added.ok
      ? reply(200, added.value)
      : reply(statusOf(added.error), { ...problemOf(added.error), id: caller.id });
  },
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

const STATUS: Partial<Record<Refusal['kind'], number>> = { conflict: 409, 'too-large': 413 };
const statusOf = ({ kind }: Refusal): number => STATUS[kind] ?? 422;
const problemOf = ({ code, message }: Refusal) => ({ code, message });
const reply = (status: number, body: unknown): RawReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});

const FIELDS = new Set(['name', 'version', 'kind', 'classes', 'models', 'hardware']);

/** The form is checked where the artifact is added; here each field is given once at most, and none is unknown. */
function aboutOf({ query }: RawRequest): Result<About, Refusal> {
  const given = new URLSearchParams(query);
  const names = [...given.keys()];
  const odd = names.find((name, index) => !FIELDS.has(name) || names.indexOf(name) !== index);
  if (odd !== undefined)
    return refuse(
      'invalid',
      'ARTIFACT_SHAPE',
      'keep an artifact: its address names a field that is unknown or stands twice',
    );
  const words = (name: string): string[] => (given.get(name) ?? '').split(',').filter((word) => word !== '');
  return ok({
    name: given.get('name') ?? '',
    version: given.get('version') ?? '',
    kind: (given.get('kind') ?? 'firmware') as About['kind'],
    classes: words('classes'),
    models: words('models'),
    hardware: words('hardware'),
  });
}

/** The repository as TUF clients ask for it, on the listener for device certificates. */
export const REPOSITORY_PATH = '/fleet/v1/repository';

const NOT_FOUND: RawReply = { status: 404, headers: { 'content-type': 'application/json' }, body: '{}' };

export function repositoryRoutes({ repository, artifacts }: Pick<TrustParts, 'repository' | 'artifacts'>): RawRoute[] {
  const shared = {
    method: 'GET',
    action: 'takeChange',
    resource: (_: RawRequest, { principal }: Caller): Resource => ({
      type: 'Device',
      id: principal.id,
      attributes: principal.attributes,
    }),
  } as const;
  return [
    {
      ...shared,
      name: 'repositoryMetadata',
      path: `${REPOSITORY_PATH}/metadata/:file`,
      handle: async ({ params }) => {
        const text = await repository.file(params['file'] ?? '');
        const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
        return text === null ? NOT_FOUND : { status: 200, headers, body: text };
      },
    },
    {
      ...shared,
      name: 'repositoryTarget',
      path: `${REPOSITORY_PATH}/targets/:name/:file`,
      handle: async (request) => {
        const { name = '', file = '' } = request.params;
        const artifact = targetOf(artifacts, name, file);
        const bytes = artifact && (await artifacts.bytes(artifact.sha256));
        return bytes ? contentReply({ ...bytes, tag: artifact.sha256 }, request) : NOT_FOUND;
      },
    },
  ];
}

const HASH_CHARS = 64;

/** `HASH.version` below the name: what consistent snapshots call the target `name/version`. */
function targetOf(artifacts: Artifacts, name: string, file: string): Artifact | null {
  const artifact = artifacts.get(file.slice(0, HASH_CHARS));
  const named = artifact?.name === name && file.slice(HASH_CHARS) === `.${artifact.version}`;
  return named ? artifact : null;
}
