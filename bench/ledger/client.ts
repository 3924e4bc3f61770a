/** The load of `bench ledger` over HTTP, in its own process: batches of statements over kept connections, until told to end. */
import { Agent, request } from 'node:http';

const [url = '', connectionsText = '', batchText = '', textCharsText = ''] = process.argv.slice(2);
const [connections, batch, textChars] = [Number(connectionsText), Number(batchText), Number(textCharsText)];
const agent = new Agent({ keepAlive: true, maxSockets: connections });
let isRunning = true;
let accepted = 0;
let refused = 0;
let serial = 0;

/** A body whose statements are all different, so that nothing on the way can be shared. */
function body(): string {
  const statements: string[] = [];
  for (let i = 0; i < batch; i++)
    statements.push(
      `{"subject":"pump-0001","text":"${String(serial++).padStart(textChars, 'statement about a seal ')}"}`,
    );
  return `{"statements":[${statements.join(',')}]}`;
}

function send(): Promise<void> {
  const payload = Buffer.from(body());
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': payload.length };
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) accepted += (JSON.parse(said) as { count: number }).count;
        else {
          refused++;
          process.stderr.write(`${answer.statusCode} ${said}\n`);
        }
        resolve();
      });
    });
    asked.on('error', reject);
    asked.end(payload);
  });
}

const worker = async (): Promise<void> => {
  while (isRunning) await send();
};
process.on('message', (message) => {
  if (message === 'end') isRunning = false;
});
await Promise.all(Array.from({ length: connections }, worker));
agent.destroy();
process.send!({ accepted, refused });
process.disconnect();
