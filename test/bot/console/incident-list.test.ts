import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openIncidentList } from '../../../src/bot/console/incident-list.ts';
import { loadDelivery, parentId } from '../../../src/bot/delivery/delivery.ts';
import { anomaly, mina } from '../fixtures.ts';
import { incidentsHarness, MINUTE, parents } from '../incidents/harness.ts';

/** Incidents with their list, and how often the outbox was told that something is due. */
function listed() {
  const harness = incidentsHarness();
  let woken = 0;
  const list = openIncidentList({ state: harness.state, wake: () => (woken += 1) });
  return { ...harness, list, woken: () => woken };
}
const warning = { anomaly_status: 'warning' as const, severity: 2 };

test('lists every severity, the worst first and then the earliest; with `all` what nobody waits for too', async () => {
  const { list, say, incidents, clock } = listed();
  const mild = await say('mail', warning);
  clock.now += MINUTE;
  await say('cart', { severity: 5 });
  const later = await say('search', warning);
  const gone = await say('auth', { severity: 4 });
  await incidents.act(gone!.id, { what: 'resolved' }, mina);
  await incidents.act(later!.id, { what: 'muted', forMs: Date.now() }, mina);
  assert.deepEqual(
    (await list.list(false, 'en')).map(({ service, status }) => [service, status]),
    [
      ['cart', 'open'],
      ['mail', 'open'],
    ],
  );
  assert.deepEqual(
    (await list.list(true, 'en')).map(({ service, status }) => [service, status]),
    [
      ['cart', 'open'],
      ['auth', 'resolved'],
      ['mail', 'open'],
      ['search', 'muted'],
    ],
  );
  assert.equal((await list.list(true, 'en'))[2]?.id, mild!.id);
});

test('a consequence is no row of its own, and opening it opens the thread of its cause', async () => {
  const { list, incidents, state, clock } = listed();
  const cause = await incidents.record(anomaly('db', { ...warning, names: [] }), clock.now);
  const hurt = await incidents.record(anomaly('cart', { names: ['db'] }), clock.now);
  assert.deepEqual(
    (await list.list(true, 'en')).map(({ id }) => id),
    [cause!.id],
  );
  await list.openThread(hurt!.id);
  assert.ok(await loadDelivery(state, parentId('console', cause!.id)));
});

test('a thread is opened once for who wants to see it, in the console only', async () => {
  const { list, say, state, woken } = listed();
  const found = await say('cart', warning);
  assert.deepEqual(await parents(state), []);
  await Promise.all([list.openThread(found!.id), list.openThread(found!.id)]);
  assert.deepEqual(await parents(state), ['console console']);
  assert.equal(woken(), 1);
  await assert.rejects(list.openThread('none'), { code: 'not_found' });
});

test('says the ranked cause in the language of the reader, unless it is only a guess', async () => {
  const { list, say, incidents } = listed();
  const found = await say('cart');
  const cause = { service: 'db', kind: 'pool' as const, confidence: 0.8, evidence: ['pool is full'] };
  await incidents.setCause(found!.id, { ...cause, verdict: 'inconclusive' });
  assert.equal((await list.list(false, 'en'))[0]?.cause, undefined);
  await incidents.setCause(found!.id, { ...cause, verdict: 'likely' });
  const [row] = await list.list(false, 'en');
  assert.match(row!.cause!, /^db: connection pool/);
  assert.deepEqual(row!.evidence.at(-1), { line: 'pool is full' });
  assert.match((await list.list(false, 'ko'))[0]!.cause!, /^db: .*[가-힣]/);
});

test('credentials of a log are masked in what everybody on the page sees', async () => {
  const { list, say } = listed();
  await say('cart', {
    detected_issues: ['no route to postgres://app:Sup3rS3cret@db/x'],
    sample_lines: ['connect failed password=hunter2zz', 'connect failed'],
  });
  const [row] = await list.list(false, 'en');
  assert.match(row!.title, /^no route to postgres:\/\/app:/);
  assert.equal(row!.evidence.at(-1)?.line, 'connect failed');
  assert.doesNotMatch(JSON.stringify(row), /Sup3rS3cret|hunter2zz/);
});

test('a row shows no credential', async () => {
  const { list, say } = listed();
  const line = 'postgres://pay:opensesame@ledger/pay is down';
  await say('pay', { detected_issues: [line], sample_lines: [line] });
  const said = JSON.stringify(await list.list(true, 'en'));
  assert.match(said, /\[redacted\]/);
  assert.doesNotMatch(said, /opensesame/);
});
