/** What the simulator is told at start, and the codes that it asks for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { IssueCodes, SimulatorStart } from './simulator.ts';
import type { Modules } from './wire.ts';

const CODES_AT_ONCE = 1_000;

export function simulatorStart(config: Config, { identity }: Modules): SimulatorStart {
  const caFile = join(config.dataFolder, 'ca.pem');
  writeFileSync(caFile, identity.authority.caPem);
  return {
    city: { seed: config.seed, devices: config.devices },
    est: { url: `https://localhost:${config.estPort}`, caFile },
    mqtt: { host: 'localhost', port: config.mqttPort },
    content: { url: `https://localhost:${config.ingestPort}` },
    dataFolder: join(config.dataFolder, 'simulator'),
    story: { calm: config.calm, afterMs: config.storyAfterSeconds * 1_000 },
  };
}

/** Only for devices that the city knows as simulated: the simulator cannot enrol anything else. */
export const issueSimulatedCodes =
  ({ city, identity }: Modules): IssueCodes =>
  async (devices) => {
    const simulated = devices.filter((id) => city.record(id)?.simulated);
    const codes: Record<string, string> = {};
    for (let from = 0; from < simulated.length; from += CODES_AT_ONCE) {
      for (const { device, code } of await identity.issueCodes(simulated.slice(from, from + CODES_AT_ONCE), 'system'))
        codes[device] = code;
    }
    return codes;
  };
