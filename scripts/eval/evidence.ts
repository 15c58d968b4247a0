// Evidence packs over outside build logs, scored by their own scorer.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { packText } from '../../src/analysis/model/pack.ts';
import { readText } from '../../src/cli/commands/pack.ts';
import type { Score, Table } from './table.ts';

const run = promisify(execFile);
const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

/** Budget in tokens, what is to be kept of the critical signals at least, and the aim. */
const BUDGETS: [number, number, number][] = [
  [2_000, 0.86, 0.93],
  [4_000, 0.93, 0.98],
  [8_000, 0.97, 1],
  [16_000, 0.98, 1],
];

/** Packs of the logs in `DATA/evidence`, scored by `DATA/../eval/score_evidence.py`. */
export async function evalEvidence(data: string): Promise<Table[]> {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-packs-'));
  try {
    const folder = join(data, 'evidence');
    const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const lines: string[] = [];
    let over = 0;
    let slowest = 0;
    for (const { name } of cases) {
      const text = await readText(join(folder, name, 'raw.log.gz'));
      const contexts: Record<string, string> = {};
      for (const [budget] of BUDGETS) {
        const started = performance.now();
        const packed = packText(text, budget);
        slowest = Math.max(slowest, performance.now() - started);
        contexts[budget] = packed;
        if (Math.ceil(packed.length / 4) > budget) over += 1;
      }
      lines.push(JSON.stringify({ case: name, contexts }));
    }
    const pred = join(dir, 'pred.jsonl');
    const out = join(dir, 'score.json');
    writeFileSync(pred, lines.join('\n'));
    const script = resolve(data, '../eval/score_evidence.py');
    await run('python3', [script, '--data', folder, '--pred', pred, '--json', out]);
    const scored: Record<string, number> = JSON.parse(readFileSync(out, 'utf8'));

    const [first] = cases;
    const file = join(folder, first!.name, 'raw.log.gz');
    const real = await run(process.execPath, [MAIN, 'pack', file, '--budget', '2000'], {
      maxBuffer: 1 << 24,
    });
    const same = real.stdout === packText(await readText(file), 2_000);
    const scores: Score[] = BUDGETS.map(([budget, atLeast, aim]) => ({
      name: `critical signals kept at ${budget.toLocaleString('en')} tokens`,
      value: scored[`critical@${budget}`]!,
      atLeast,
      aim,
      note: `${cases.length} logs`,
    }));
    scores.push(
      { name: 'packs over budget', value: over, atLeast: 0, aim: 0, most: true },
      { name: 'share of the lines that are verbatim', value: scored.verbatim! },
      { name: 'slowest pack', value: slowest, unit: 'ms' },
      { name: 'command line says the same as the warm process', value: Number(same), atLeast: 1, aim: 1 },
    );
    return [{ title: 'Evidence packs', scores }];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
