import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playAll } from '../../../scripts/eval/generated.ts';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { type Ranking, rankCauses } from '../../../src/analysis/ranking/rank.ts';
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
