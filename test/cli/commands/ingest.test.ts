import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FakeElastic, fakeElastic } from '../../fakes/elasticsearch.ts';
import { bongsu } from '../harness.ts';

/** The command line with a folder of its own, on a fake server as the log store. */
function shell(t: TestContext, elastic: FakeElastic) {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-ingest-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.json');
  const logs = { kind: 'elasticsearch', url: elastic.url };
  writeFileSync(config, JSON.stringify({ dataDir: 'data', models: [], http: { port: 0 }, logs }));
  const log = join(folder, 'shop.log');
  const run = (...args: string[]) => bongsu([...args, '--config', config]);
  return { log, run, kept: join(folder, 'data', 'logs.refused') };
}

const lines = Array.from(
  { length: 200 },
  (_, n) => `2026-01-01T00:00:${String(n % 60).padStart(2, '0')}Z ERROR [cart] ${n} 재고 \u001b[31m“없음”`,
);

test('ingest of lines that the store refuses: kept beside the store, counted, rc 1, and doctor tells', async (t) => {
  await using elastic = await fakeElastic();
  const { log, run, kept } = shell(t, elastic);
  writeFileSync(log, `${lines.join('\n')}\n`);
  elastic.refuse = () => ({
    type: 'document_parsing_exception',
    reason: 'failed to parse field [message]\u001b[2J',
  });
  const plain = await run('ingest', log);
  assert.equal(plain.code, 1, plain.err);
  assert.match(plain.out, /^Read 200 lines of 1 file, 2026-01-01 00:00:00–00:00:59, service cart\.\n/);
  assert.match(plain.out, /^200 lines, /m);
  assert.match(
    plain.out,
    /200 of them were refused.*document_parsing_exception: failed to parse field \[message\]/,
  );
  assert.match(plain.out, /logs\.refused/);
  assert.ok(!plain.out.includes('\u001b'));
  const rows = readFileSync(kept, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
  assert.deepEqual(
    rows.map(({ text, position }) => [text, position]),
    lines.map((text, index) => [text, String(index + 1)]),
  );
  assert.ok(rows.every(({ source, reason, at }) => source === log && /refused/.test(reason) && at));
  assert.equal(statSync(kept).mode & 0o777, 0o600);
  const json = JSON.parse((await run('ingest', log, '--json')).out);
  assert.deepEqual([json.lines, json.refused, json.refused_file], [200, 200, kept]);
  const doctor = await run('doctor', '--json');
  assert.equal(doctor.code, 1);
  const told = JSON.parse(doctor.out).checks['refused lines'];
  assert.equal(told.ok, false);
  assert.match(told.detail, /refused 400 line\(s\).*logs\.refused/);
  rmSync(kept);
  assert.equal(JSON.parse((await run('doctor', '--json')).out).checks['refused lines'], undefined);
});

test('ingest where some lines are refused stores the others; none refused is rc 0', async (t) => {
  await using elastic = await fakeElastic();
  const { log, run, kept } = shell(t, elastic);
  writeFileSync(log, `${lines.join('\n')}\n`);
  assert.equal((await run('ingest', log)).code, 0);
  elastic.documents.clear();
  elastic.refuse = ({ line }) =>
    line.includes(' 7') ? { type: 'illegal_argument_exception', reason: 'x' } : undefined;
  const json = await run('ingest', log, '--json');
  assert.equal(json.code, 1);
  const bad = lines.filter((line) => line.includes(' 7'));
  assert.equal(JSON.parse(json.out).refused, bad.length);
  assert.equal(elastic.documents.size, lines.length - bad.length);
  assert.equal(readFileSync(kept, 'utf8').trimEnd().split('\n').length, bad.length);
});

test('doctor, search, why and health leave a template of others alone and name it', async (t) => {
  await using elastic = await fakeElastic();
  const theirs = { name: 'bongsu-logs', index_template: { index_patterns: ['orders-*'], priority: 7 } };
  elastic.templates = [structuredClone(theirs)];
  const { log, run } = shell(t, elastic);
  writeFileSync(log, `${lines.join('\n')}\n`);
  const doctor = await run('doctor');
  assert.equal(doctor.code, 1);
  assert.match(doctor.out, /FAIL logs .*"bongsu-logs"/);
  await run('search', 'x');
  await run('why', '--no-model');
  const ingest = await run('ingest', log);
  assert.notEqual(ingest.code, 0);
  assert.match(ingest.err, /template "bongsu-logs".*logs\.index/);
  assert.deepEqual(elastic.templates, [theirs]);
  assert.deepEqual(elastic.changes, []);
});
