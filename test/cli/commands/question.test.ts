import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bongsu } from '../harness.ts';

const START = Date.UTC(2026, 4, 3, 9);
const at = (second: number): string => new Date(START + second * 1_000).toISOString();
/** Ten minutes of two services; `billing` fails in its last four minutes, every six seconds. */
const LINES = Array.from({ length: 600 }, (_, second) =>
  second >= 360 && second % 6 === 0
    ? `${at(second)} ERROR [billing] charge ${second} failed: \u001b[31mledger refused`
    : `${at(second)} INFO [${second % 2 ? 'cart' : 'billing'}] did step ${second}`,
);

/** Asks on the command line about `LINES`, without a model. */
function asking(t: TestContext): (...args: string[]) => Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-ask-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ dataDir: 'data', models: [], language: 'en' }));
  const log = join(folder, 'shop.log');
  writeFileSync(log, `${LINES.join('\n')}\n`);
  return async (...args) => {
    const done = await bongsu(['ask', ...args, '--logs', log, '--no-model', '--config', config]);
    assert.equal(done.code, 0, done.err);
    return done.out;
  };
}

test('a plain question is answered with its figure, its filter and lines', async (t) => {
  const ask = asking(t);
  const found = JSON.parse(await ask('how many errors are there?', '--json'));
  assert.deepEqual(found.query, { kind: 'count', measure: 'lines', filter: { levels: ['error', 'fatal'] } });
  assert.equal(found.figure, 40);
  assert.ok(
    found.lines.length > 0 && found.lines.every(({ line }: { line: string }) => LINES.includes(line)),
  );
  const text = await ask('how many errors are there?');
  assert.match(text, /^There are 40 lines \(level error or fatal; 2026-05-03 09:00:00 – /);
  assert.ok(!text.includes('\u001b'), 'no terminal obeys a log line');
});

test('a question for a cause goes to the analysis; what is no question is refused with what can be asked', async (t) => {
  const ask = asking(t);
  const why = JSON.parse(await ask('why does billing fail?', '--json'));
  assert.deepEqual(why.query, { kind: 'why' });
  assert.equal(why.detail.causes[0].service, 'billing');
  const refused = JSON.parse(await ask('restart billing', '--json'));
  assert.equal(refused.query.kind, 'refused');
  assert.match(refused.answer, /I can say: /);
});
