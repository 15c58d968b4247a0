import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playAll } from '../../../scripts/eval/generated.ts';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import type { Ranking } from '../../../src/analysis/ranking/ranking.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

async function ranked(records: LogRecord[]): Promise<Ranking> {
  const logs = readerOver(records);
  const span = await findWindow(logs, {});
  return rankCauses(await gatherEvidence(logs, span!));
}
/** `count` lines, one a second from second `from` on. */
const each = (count: number, from: number, make: (at: number, i: number) => LogRecord): LogRecord[] =>
  Array.from({ length: count }, (_, i) => make(NOON + (from + i) * 1_000, i));
const first = ({ causes, verdict }: Ranking) => [causes[0]?.service, verdict === 'inconclusive'];

test('generated incidents: the culprit comes first with a line that proves it; the quiet ones stay inconclusive', async () => {
  const wrong = (await playAll(1, 11)).filter(({ culprit, proven, inconclusive }) =>
    culprit === undefined ? !inconclusive : !proven,
  );
  assert.deepEqual(wrong, []);
});

test('of two services on the port that an address names, the one that has fallen quiet is meant', async () => {
  const traffic = (service: string, seconds: number) =>
    each(seconds, 0, (at, i) => record(at + 300, service, 'info', `quote ${i} given`));
  const listening = ['quotes', 'cards'].map((service) =>
    record(NOON - 60_000, service, 'info', `${service} listening on port 50061`),
  );
  const ranking = await ranked([
    ...listening,
    ...traffic('quotes', 200),
    ...traffic('cards', 20),
    ...each(100, 60, (at) =>
      record(at, 'desk', 'error', 'order failed: dial tcp 10.2.0.7:50061: connect: connection refused'),
    ),
  ]);
  assert.deepEqual(first(ranking), ['cards', false]);
});

test('many clients that are turned away blame the server that says so most often; one blames itself', async () => {
  const full = (service: string, count: number, every = 1) =>
    each(count, 0, (at) => record(at * 1, service, 'error', 'FATAL: too many connections')).map(
      (line, i) => ({
        ...line,
        timestamp: NOON + i * every * 1_000,
      }),
    );
  const clients = ['desk', 'mailer', 'search', 'audit'];
  const many = await ranked([
    ...clients.flatMap((client) => full(client, 12, 10)),
    ...full('ledger-db', 240, 0.5),
  ]);
  assert.deepEqual(first(many), ['ledger-db', false]);
  assert.deepEqual(many.causes[0]?.reporters, clients.toSorted());
  const one = await ranked([
    ...full('desk', 60),
    ...each(60, 0, (at) => record(at, 'mailer', 'info', 'sent')),
  ]);
  assert.deepEqual(first(one), ['desk', false]);
});

test('a server that notes whom it refuses is not at fault, the client that is refused is', async () => {
  const ranking = await ranked([
    ...each(90, 0, (at) =>
      record(at, 'ledger-db', 'info', `Access denied for user 'app'@'10.3.0.8' (using password: YES)`),
    ),
    ...each(30, 0, (at) =>
      record(
        at,
        'desk',
        'error',
        `cannot log in: Access denied for user 'app'@'10.3.0.8' (using password: YES)`,
      ),
    ),
  ]);
  assert.deepEqual(first(ranking), ['desk', false]);
});

test('a name that was missing for a moment while all started proves nothing; one that stays away does', async () => {
  const steady = each(200, 0, (at) => record(at, 'desk', 'info', 'page served'));
  const missing = (count: number) =>
    each(count, 2, (at) =>
      record(at + 500, 'desk', 'error', 'dial tcp: lookup cards on 10.0.0.2:53: no such host'),
    );
  assert.deepEqual(first(await ranked([...steady, ...missing(4)])), ['cards', true]);
  assert.deepEqual(first(await ranked([...steady, ...missing(198)])), ['cards', false]);
});

test('what only a replaced process said settles; said again after the restart it counts', async () => {
  const steady = each(120, 0, (at) => record(at, 'desk', 'info', 'page served'));
  const died = (at: number, stream: string) =>
    record(at, 'desk', 'error', 'Traceback (most recent call last): ConnectionRefusedError', {
      attributes: { stream },
    });
  assert.equal((await ranked([died(NOON - 1_000, 'desk.previous'), ...steady])).verdict, 'inconclusive');
  const again = await ranked([
    died(NOON - 1_000, 'desk.previous'),
    ...steady,
    ...each(8, 110, (at) => died(at, 'desk')),
  ]);
  assert.deepEqual(first(again), ['desk', false]);
});

test('an endpoint that answers nothing but 404 blames the service its path names; one that answers at times does not', async () => {
  const asked = (status: number, count: number) =>
    each(count, 0, (at) =>
      record(at, 'edge', status < 400 ? 'info' : 'warn', `GET /api/v1/loyaltyservice/points ${status}`, {
        request: { endpoint: 'GET /api/v1/loyaltyservice/points', status },
      }),
    );
  const there = each(60, 0, (at) => record(at, 'loyalty-service', 'info', 'refreshed'));
  const gone = await ranked([...there, ...asked(404, 40)]);
  assert.deepEqual([...first(gone), gone.causes[0]?.kind], ['loyalty-service', false, 'route']);
  const partly = await ranked([...there, ...asked(404, 20), ...asked(200, 20)]);
  assert.equal(partly.verdict, 'inconclusive');
});

test('what was ruled out says why: the caller, the always loud one, the one that was late at the start', async () => {
  const pool = (at: number, i: number) =>
    record(at, 'ledger', 'error', `connection pool exhausted: 20 of 20 in use, ${i} waiting`);
  const ranking = await ranked([
    ...each(900, 0, (at) => record(at, 'importer', 'error', 'import failed: unexpected field')),
    ...each(900, 0, (at) => record(at + 200, 'desk', 'info', 'page served')),
    ...each(120, 780, pool),
    ...each(120, 780, (at) => record(at + 100, 'desk', 'error', 'call to ledger timed out')),
  ]);
  assert.deepEqual(ranking.ruledOut.map(({ service, why }) => [service, why]).sort(), [
    ['desk', 'caller'],
    ['importer', 'usual'],
  ]);
  const started = await ranked([
    ...each(240, 0, (at) => record(at, 'desk', 'info', 'page served')),
    ...each(4, 1, (at) => record(at, 'desk', 'error', 'dial tcp: lookup cards on 10.0.0.2:53: no such host')),
    ...each(200, 30, pool),
  ]);
  assert.deepEqual(first(started), ['ledger', false]);
  assert.ok(started.ruledOut.some(({ service, why }) => service === 'cards' && why === 'settled'));
});

test('a service that began shortly before the window is still starting: what was over within seconds is no cause', async () => {
  const ranking = await ranked([
    ...each(300, 0, (at) => record(at, 'desk', 'info', 'page served')),
    ...[0, 1, 2, 3, 4].flatMap((n) =>
      each(8, 60, (at) =>
        record(at + n, 'desk', 'error', 'dial tcp: lookup cards on 10.0.0.2:53: no such host'),
      ),
    ),
  ]);
  assert.equal(ranking.verdict, 'inconclusive');
});

test('a last word and then silence outweighs the louder neighbour; a level that only a word gave does not', async () => {
  const lines = (message: string, service = 'mill-3') => [
    ...each(300, 0, (at, i) => record(at, 'mill-4', 'info', `sack ${i} ground`)),
    ...each(240, 0, (at, i) => record(at, service, 'info', `sack ${i} ground`)),
    record(NOON + 240_000, service, 'fatal', message),
    ...each(40, 242, (at) => record(at, 'mill-4', 'error', 'signal to stone 3 failed: connection refused')),
  ];
  assert.deepEqual(first(await ranked(lines('clock is 3 s ahead of 4 of 7 mills'))), ['mill-3', false]);
  assert.notEqual(
    first(await ranked(lines('cannot enqueue sack after fatal error')))[0],
    'mill-3',
    'the level is of a word',
  );
});

test('a full store that is told once comes before those who wait for it', async () => {
  const ranking = await ranked([
    ...each(600, 0, (at, i) => record(at, 'granary', 'info', `sack ${i} stored`)),
    ...each(600, 0, (at, i) => record(at, 'desk', 'info', `order ${i} taken`)),
    record(NOON + 610_000, 'granary', 'warn', 'storage resource limit alarm set'),
    ...each(140, 615, (at) => record(at, 'desk', 'error', 'order not stored: timed out')),
  ]);
  assert.deepEqual(first(ranking), ['granary', false]);
  assert.match(ranking.causes[0]!.lines[0]!.message, /alarm set/);
});

test('words of every sentence name nobody, even where a service has such a name', async () => {
  const ranking = await ranked([
    ...each(60, 0, (at) =>
      record(at, 'jobs', 'warn', 'job failed: could not connect to server: Connection refused'),
    ),
    ...each(60, 0, (at) =>
      record(at, 'server', 'error', 'page failed: could not connect to server: Connection refused'),
    ),
    ...each(6, 0, (at) => record(at, 'granary', 'fatal', 'folder of sacks is open to everybody')),
  ]);
  assert.deepEqual(first(ranking), ['granary', false]);
});

test('three vague errors and one line of another confirm nothing', async () => {
  const ranking = await ranked([
    ...each(200, 0, (at, i) => record(at, 'menu', 'info', `page ${i} served`)),
    ...each(200, 0, (at, i) => record(at, 'desk', 'info', `order ${i} taken`)),
    ...each(3, 100, (at) => record(at, 'menu', 'error', 'voucher not read')),
    record(NOON + 150_000, 'desk', 'error', 'no instances available for menu'),
  ]);
  assert.notEqual(ranking.verdict, 'confirmed');
});

test('what scanners ask for in vain never makes a cause', async () => {
  const asked = each(90, 0, (at) =>
    record(at, 'web', 'info', 'GET /.env 404', { request: { endpoint: 'GET /.env', status: 404 } }),
  );
  const served = each(400, 0, (at) =>
    record(at, 'web', 'info', 'GET / 200', { request: { endpoint: 'GET /', status: 200 } }),
  );
  assert.equal((await ranked([...served, ...asked])).verdict, 'inconclusive');
});

test('words of failure in calm lines prove nothing where no line has a time, unless they are few or grave', async () => {
  const lines = (count: number, message: string, every: number): LogRecord[] =>
    Array.from({ length: count }, (_, i) =>
      record(NOON, 'talk', 'info', i % every === 0 ? message : `<ann${i}> see you at ${i}`),
    );
  const left = await ranked(lines(600, 'bob left (connection reset by peer)', 20));
  assert.equal(left.verdict, 'inconclusive');
  const full = await ranked(lines(600, 'write: no space left on device', 20));
  assert.notEqual(full.verdict, 'inconclusive');
  const few = await ranked(lines(180, 'curl: connection refused', 20));
  assert.notEqual(few.verdict, 'inconclusive');
});
