// The client that asks, in a process of its own, so that sending costs the server's event loop nothing.
// Usage: node loop-child.ts ADDRESS COUNT
const [address, count] = process.argv.slice(2);
if (!address) throw new Error('which address?');

const START = Date.parse('2026-03-01T00:00:00Z');
const SIZE = 1_990_000;
const SERVICES = ['gateway', 'orders', 'stock', 'billing'];
const WORDS = 'disk pool lock queue shard index leader broker memory socket'.split(' ');

/** 2 MB of log lines of one of three kinds: one template, many failing templates of many services, requests. */
function text(kind: number): string {
  const lines: string[] = [];
  for (let i = 0, size = 0; size < SIZE; i += 1) {
    const at = new Date(START + i * 40).toISOString();
    const word = (n: number): string => WORDS[(i * 7 + n * 3 + Math.floor(i / 11) * n) % WORDS.length]!;
    const line =
      kind === 0
        ? `${at} ${i % 9 === 0 ? 'ERROR' : 'INFO'} ${SERVICES[i % 4]} step ${i % 50} of request ${i} took ${i % 90} ms`
        : kind === 1
          ? `${at} ERROR svc-${i % 300} ${word(1)} ${word(2)} ${word(5)} failed: svc-${(i * 7) % 300} refused ${word(3)}`
          : `10.0.0.${i % 255} - - [${at}] "GET /v1/${i % 40}/items HTTP/1.1" ${i % 11 ? 200 : 503} ${i % 9_999} "-" "curl/8"`;
    lines.push(line);
    size += line.length + 1;
  }
  return lines.join('\n').slice(0, SIZE);
}

const TASKS = ['summary', 'anomaly', 'sentiment', undefined];
const bodies = Array.from({ length: Number(count) }, (_, i) =>
  JSON.stringify({ text: text(i % 3), task: TASKS[i % 4], fresh: true }),
);
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const started = performance.now();
await Promise.all(
  bodies.map(async (body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${address}/analyze`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    await response.json();
  }),
);
process.stdout.write(`${performance.now() - started}\n`);
process.exit(0);
