/** The archive over HTTP: manifests alone. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Archive } from './archive.ts';

export const archiveRoutes = (archive: () => Archive): Route[] => [
  route(api.listArchives, async () => ok({ archives: await archive().list() })),
  route(api.getArchive, ({ params }) => archive().show(params.id)),
];
