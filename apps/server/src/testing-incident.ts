/** An incident for tests: a switch reports that one of its cameras scans, and a person opens what watch makes of it. */
import { join } from 'node:path';
import type { Incident, Situation } from '@cityward/contracts';
import { credentialIn, eventually, postObservations, type Call } from './testing-clients.ts';
import type { TestServer } from './testing.ts';

const SCANNED = 40;

/** The switch reports that the camera knocks at many doors. */
export async function infect(server: TestServer, camera: string, site: string): Promise<void> {
  const credential = await eventually(`"${site}" has a certificate`, () =>
    credentialIn(join(server.config.dataFolder, 'simulator'), site),
  );
  const at = Date.now();
  const knocks = Array.from({ length: SCANNED }, (_, index) => ({
    kind: 'flow',
    at: at - (SCANNED - index) * 100,
    src: camera,
    dst: `ip:203.0.113.${index + 1}`,
    dst_port: 23,
    protocol: 'tcp',
    outcome: 'refused',
    bytes_out: 60,
    bytes_in: 0,
  }));
  const { config, modules } = server;
  const target = { port: config.ingestPort, ca: modules.identity.authority.caPem };
  const answer = await postObservations(target, credential, knocks);
  if (answer.status !== 200) throw new Error(answer.body);
}

export async function openIncidentAbout(camera: string, call: Call): Promise<string> {
  const situation = await eventually('the scan is a situation', async () => {
    const { body } = await call<{ situations: Situation[] }>('GET', '/api/situations');
    return body.situations.find((one) => one.devices.includes(camera)) ?? null;
  });
  const opened = await call<Incident>('POST', `/api/situations/${situation.id}/incident`);
  if (opened.status !== 200) throw new Error(JSON.stringify(opened.body));
  return opened.body.id;
}
