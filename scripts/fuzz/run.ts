// Mutated input, found by nobody yet: `npm run test:fuzz [part …] [--count N] [--seed N]`. Ends with 1 at the first
// input that crashes, hangs or breaks a promise, and prints it.
import { parseArgs } from 'node:util';
import {
  fuzzBeats,
  fuzzOtlpHttp,
  fuzzOtlpJson,
  fuzzOtlpProto,
  fuzzSyslogTcp,
  fuzzSyslogUdp,
} from './frames.ts';
import { fuzzLines } from './lines.ts';

/** @param count mutated inputs; @returns one line that says what was done. Throws with the input that broke it. */
type Part = (count: number, seed: number) => Promise<string>;

/** Each part with how many inputs it gets by default. */
const parts: Record<string, { run: Part; count: number }> = {
  lines: { run: fuzzLines, count: 1_000_000 },
  'syslog-tcp': { run: fuzzSyslogTcp, count: 100_000 },
  'syslog-udp': { run: fuzzSyslogUdp, count: 100_000 },
  beats: { run: fuzzBeats, count: 100_000 },
  'otlp-proto': { run: fuzzOtlpProto, count: 100_000 },
  'otlp-json': { run: fuzzOtlpJson, count: 100_000 },
  'otlp-http': { run: fuzzOtlpHttp, count: 100_000 },
};

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seed: { type: 'string' } },
});
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
let failed = false;
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  try {
    const done = await part.run(Number(values.count ?? part.count), Number(values.seed ?? 1));
    console.log(`${name}: ${done}, ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  } catch (error) {
    failed = true;
    console.error(`${name}:`, error);
  }
}
process.exit(failed ? 1 : 0);
