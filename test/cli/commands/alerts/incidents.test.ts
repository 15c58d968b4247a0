import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { incidentText } from '../../../../src/cli/commands/alerts/incidents.ts';
import { openIncident } from '../../../../src/domain/alert/incident.ts';
import { speech } from '../../../../src/i18n/format.ts';
import { anomaly } from '../../../bot/fixtures.ts';
import { bongsu } from '../../harness.ts';

/** The command line with a folder and a store of its own. */
function shell(t: TestContext, settings: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-incidents-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ dataDir: 'data', models: [], ...settings }));
  const run = async (...args: string[]) => {
    const done = await bongsu([...args, '--config', config]);
    assert.equal(done.code, 0, done.err);
    return done.out;
  };
  const file = (name: string, lines: string[]): string => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    return join(folder, name);
  };
  return { run, file };
}

const START = Date.UTC(2026, 4, 3, 9);
const at = (second: number): string => new Date(START + second * 1_000).toISOString();
/** Ten quiet minutes, then every third payment fails. */
const payments = Array.from({ length: 900 }, (_, second) =>
  second > 600 && second % 3 === 0
    ? `${at(second)} ERROR [payment] charge ${second} refused: \u001b[31mconnection to ledger:5432 refused`
    : `${at(second)} INFO [payment] charged order ${second}`,
);

test('ingest, then incidents: what is wrong, since when by the log, with its lines; read again it is the same', async (t) => {
  const { run, file } = shell(t);
  assert.match(await run('incidents'), /^No open incident/);
  assert.deepEqual(JSON.parse(await run('incidents', '--json')), []);
  const log = file('payment.log', payments);
  await run('ingest', log);
  const first = JSON.parse(await run('incidents', '--json'));
  assert.equal(first.length, 1);
  const [found] = first;
  assert.equal(found.service, 'payment');
  assert.equal(found.status, 'open');
  const since = Date.parse(found.since) - START;
  assert.ok(since >= 540_000 && since <= 660_000, found.since);
  assert.ok(Date.parse(found.lastSeen) >= Date.parse(found.since));
  assert.ok(found.lines > 0);
  assert.ok(found.evidence.some(({ line }: { line: string }) => payments.includes(line)));
  await run('ingest', log);
  const again = JSON.parse(await run('incidents', '--json'));
  assert.deepEqual(again, first);
  const text = await run('incidents', '--all');
  assert.match(text, /^1 incident, the worst first\n\n\[severity \d of 5\] payment: /);
  assert.ok(!text.includes('\u001b'), 'no terminal obeys a log line');
});

test('a healthy log makes none', async (t) => {
  const { run, file } = shell(t, { language: 'ko' });
  await run('ingest', file('fine.log', payments.slice(0, 600)));
  assert.match(await run('incidents'), /^열린 장애가 없어요/);
  assert.match(await run('incidents', '--all'), /^알려진 장애가 없어요/);
});

test('no command shows a credential that a line holds', async (t) => {
  const { run, file } = shell(t);
  const leaking = payments.map((line) =>
    line.replace('connection to ledger:5432 refused', 'postgres://pay:opensesame@ledger/pay is down'),
  );
  const log = file('payment.log', leaking);
  const read = [await run('ingest', log), await run('ingest', log, '--json')];
  const listed = [await run('incidents'), await run('incidents', '--json')];
  for (const said of [...read, ...listed]) {
    assert.match(said, /\[redacted\]/);
    assert.doesNotMatch(said, /opensesame/);
  }
});

test('a trouble that is over by the end of its file is found all the same, with all of its lines', async (t) => {
  const { run, file } = shell(t);
  const lines = Array.from({ length: 3_600 }, (_, second) =>
    second >= 1_200 && second < 1_500
      ? `${at(second)} ERROR [payment] charge refused: connection to ledger:5432 refused`
      : `${at(second)} INFO [payment] charged order ${second}`,
  );
  const said = await run('ingest', file('payment.log', lines));
  assert.match(said, /1 finding; the worst: payment: .*from 09:20:00 to 09:24:59, over since/);
  assert.match(said, /bongsu incidents --all\n/);
  assert.match(await run('incidents'), /^No open incident/);
  const [found] = JSON.parse(await run('incidents', '--all', '--json'));
  assert.deepEqual([found.status, found.lines, found.lastSeen], ['resolved', 300, at(1_499)]);
});

test('an incident that other systems alert about says which, and since when', () => {
  const incident = openIncident(
    'i1',
    anomaly('checkout', {
      alert: {
        hook: 'alertmanager',
        key: 'k1',
        source: 'Alertmanager',
        name: 'HighErrorRate\u001b[31m',
        state: 'firing',
        since: '2026-11-21T09:00:00.000Z',
      },
    }),
  );
  const shown = incidentText(incident, speech('en', 'UTC'), Date.now());
  assert.match(shown, /\n {4}Alertmanager: HighErrorRate.* firing since 21 Nov 2026 09:00:00 UTC\n/);
  assert.ok(!shown.includes('\u001b'));
  assert.match(
    incidentText(incident, speech('ko', 'UTC'), Date.now()),
    /Alertmanager: HighErrorRate.* 발생 중/,
  );
});
