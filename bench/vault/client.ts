/** The viewers of `bench vault`: each asks for one record after the other over a connection that it keeps. */
import { Agent, request } from 'node:http';
import { answer } from '../ingest/plan.ts';

interface Start {
  readonly port: number;
  readonly cookie: string;
  readonly records: readonly string[];
  readonly viewers: number;
  readonly forMs: number;
  /** What is asked for of each record: its content, or a page as a picture. */
  readonly what: 'content' | 'pages/1';
  /** Of content; of a picture at least so many. */
  readonly bytes: number;
}

function view({ port, cookie, what, bytes }: Start, record: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const path = `/api/records/${record}/${what}?purpose=TREAT`;
    request({ host: '127.0.0.1', port, path, agent, headers: { host: `localhost:${port}`, cookie } }, (answered) => {
      let size = 0;
      answered.on('data', (chunk: Buffer) => (size += chunk.length));
      const isWhole = (): boolean => (what === 'content' ? size === bytes : size >= bytes);
      answered.on('end', () => resolve(answered.statusCode === 200 && isWhole()));
    })
      .on('error', reject)
      .end();
  });
}

async function run(start: Start) {
  const agent = new Agent({ keepAlive: true, maxSockets: start.viewers });
  const end = performance.now() + start.forMs;
  const latencies: number[] = [];
  let wrong = 0;
  let next = 0;
  const viewer = async (): Promise<void> => {
    while (performance.now() < end) {
      const began = performance.now();
      if (!(await view(start, start.records[next++ % start.records.length]!, agent))) wrong++;
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: start.viewers }, viewer));
  agent.destroy();
  return { latencies: Float64Array.from(latencies), wrong };
}

answer({ run });
