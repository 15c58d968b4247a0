// One cold process of `npm run bench pipeline`: `file PATH content|raw` reads a file to template ids; `memory LINES`
// sends generated lines through header handling and miner. Prints one JSON object.
import { createMiner } from '../../src/pipeline/mining/miner.ts';
import { createMessageReader } from '../../src/pipeline/normalize/normalize.ts';
import { templatesOf } from '../../src/pipeline/offline.ts';
import { readFiles } from '../../src/pipeline/sources/files/files.ts';

const [mode, argument, form] = process.argv.slice(2);
const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

async function file(path: string, content: boolean) {
  const started = performance.now();
  const before = process.cpuUsage();
  const ids = new Set<string>();
  let lines = 0;
  for await (const rows of templatesOf(readFiles([path], { joinTraces: false }), { content }).online) {
    for (const { id } of rows) ids.add(id);
    lines += rows.length;
  }
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return {
    lines,
    templates: ids.size,
    rate: lines / seconds,
    cpuRate: lines / ((user + system) / 1e6),
    rss: megabytes(process.resourceUsage().maxRSS * 1_024),
  };
}

/** Lines of 2,000 forms with numbers, addresses and names in them; one in a hundred has a word never seen before. */
function* generated(count: number): Generator<string> {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const word = (n: number): string => {
    let out = '';
    for (let rest = (Math.imul(n + 1, 2_654_435_761) >>> 0) + 676; rest > 0; rest = Math.floor(rest / 26))
      out += letters[rest % 26];
    return out;
  };
  const forms = Array.from({ length: 2_000 }, (_, f) => [0, 1, 2, 3].map((i) => word(f * 4 + i)));
  for (let n = 0; n < count; n++) {
    const [a, b, c, d] = forms[(Math.imul(n, 48_271) >>> 4) % forms.length]!;
    const odd = n % 100 === 0 ? ` ${word(1_000_000 + n)}` : '';
    yield `2026-11-21 15:04:05,${100 + (n % 900)} INFO [worker-${n % 50}] shop.${a} - ${b} ${c} ${n} of 10.0.${n % 256}.7:80 ${d} in ${n % 977} ms${odd}`;
  }
}

function memory(count: number) {
  const messageOf = createMessageReader('UTC');
  const miner = createMiner();
  const rss: number[] = [];
  let lines = 0;
  for (const text of generated(count)) {
    miner.add(messageOf({ text, source: 'generated', position: '' }));
    if (++lines % (count / 10) === 0) rss.push(megabytes(process.memoryUsage.rss()));
  }
  return { lines, templates: miner.size, rss };
}

console.log(
  JSON.stringify(mode === 'memory' ? memory(Number(argument)) : await file(argument!, form === 'content')),
);
