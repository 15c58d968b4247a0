import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import type { RankedCause } from '../../../src/analysis/ranking/ranking.ts';
import { similarPast } from '../../../src/analysis/ranking/similar-incidents.ts';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { completeAnomaly } from '../../../src/domain/alert/anomaly.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import { actOn } from '../../../src/domain/alert/incident-actions.ts';
import { createLog } from '../../../src/log.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

const DAY = 86_400_000;

/** The cause that lines of one service show. */
async function causeOf(service: string, message: string): Promise<RankedCause> {
  const lines = Array.from({ length: 6 }, (_, i) => record(NOON + i * 1_000, service, 'error', message));
  const logs = readerOver(lines);
  const span = await findWindow(logs, { whole: true });
  return rankCauses(await gatherEvidence(logs, span!)).causes[0]!;
}

async function withState(check: (state: StateStore) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-past-'));
  try {
    await using state = checkedState(
      await openSqliteState({ file: join(dir, 'state.db') }, createLog('silent')),
      createLog('silent'),
    );
    await check(state);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Past {
  id: string;
  service?: string;
  issue: string;
  line: string;
  at: number;
  /** Who resolved it, `mina` by default; undefined note: without a word. */
  who?: string;
  note?: string;
  open?: true;
}

async function remember(state: StateStore, past: Past): Promise<void> {
  const opened = openIncident(
    past.id,
    completeAnomaly(
      {
        anomaly_status: 'critical',
        confidence: 0.9,
        detected_issues: [past.issue],
        explanation: '',
        service: past.service ?? 'billing',
        sample_lines: [past.line],
      },
      `t/0/${past.id}`,
      past.at,
    ),
  );
  const { who = 'mina', note, at } = past;
  const value = past.open
    ? opened
    : actOn(opened, { what: 'resolved', who, at: at + 60_000, ...(note ? { note } : {}) });
  await state.commit({ put: [{ kind: 'incident', id: past.id, value, rank: at }] });
}

const POOL = 'connection pool exhausted: 20 of 20 in use';
const pool = (id: string, daysAgo: number, over: Partial<Past> = {}): Past => ({
  id,
  issue: 'connection pool exhausted',
  line: POOL,
  at: NOON - daysAgo * DAY,
  ...over,
});

test('a similar incident that a person resolved gives its note; an unlike one, an open one and one that ended by itself do not', () =>
  withState(async (state) => {
    await remember(state, pool('alike', 9, { note: 'raised the pool back to 80' }));
    await remember(state, pool('open', 8, { open: true }));
    await remember(state, pool('by-itself', 7, { who: 'bongsu', note: 'quiet again' }));
    await remember(state, {
      id: 'unlike',
      service: 'mailer',
      issue: 'certificate expired',
      line: 'x509: certificate has expired for smtp.example.com',
      at: NOON - 6 * DAY,
      note: 'renewed the certificate',
    });
    const past = await similarPast(state, await causeOf('billing', POOL));
    assert.deepEqual(
      past.map(({ note, helped }) => [note, helped]),
      [['raised the pool back to 80', 0]],
    );
    assert.deepEqual(
      await similarPast(state, await causeOf('search', 'index shard 3 is corrupt, recovery failed')),
      [],
    );
  }));

test('Korean incidents are found through other endings of the same words', () =>
  withState(async (state) => {
    await remember(state, {
      id: 'k1',
      issue: '커넥션 풀 고갈',
      line: '커넥션 풀이 고갈되어 결제 요청을 처리하지 못했습니다',
      at: NOON - 3 * DAY,
      note: '풀 크기를 80으로 되돌렸어요',
    });
    const [fix] = await similarPast(
      state,
      await causeOf('billing', '커넥션 풀을 확인하세요: 고갈 상태, 결제 요청 실패'),
    );
    assert.equal(fix?.note, '풀 크기를 80으로 되돌렸어요');
  }));

test('a note helps when an incident it was shown for is resolved by a person without another remedy', () =>
  withState(async (state) => {
    await remember(state, pool('p0', 30, { note: 'raised the pool back to 80' }));
    const cause = await causeOf('billing', POOL);
    const show = (incidentId: string, daysAgo: number) =>
      similarPast(state, cause, { incidentId, now: NOON - daysAgo * DAY });

    await remember(state, pool('p1', 20, { open: true }));
    assert.equal((await show('p1', 20))[0]?.helped, 0);
    assert.equal((await similarPast(state, cause))[0]?.helped, 0, 'not resolved yet');
    await remember(state, pool('p1', 20));
    assert.equal((await similarPast(state, cause))[0]?.helped, 1);

    await show('p2', 10);
    await remember(state, pool('p2', 10, { note: 'pool raised to 80 again' }));
    const helpedTwice = (await similarPast(state, cause)).find(({ note }) => note.startsWith('raised'));
    assert.equal(helpedTwice?.helped, 2, 'the same remedy in other words');

    await show('p3', 5);
    await remember(state, pool('p3', 5, { note: 'killed a runaway report' }));
    const still = (await similarPast(state, cause)).find(({ note }) => note.startsWith('raised'));
    assert.equal(still?.helped, 2, 'another remedy does not count for it');
    assert.ok(!(await show('p0', 0)).some(({ note }) => note.startsWith('raised')), 'never its own past');
  }));
