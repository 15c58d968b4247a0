import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteLogs } from '../../../src/backends/logs/sqlite.ts';
import { lastWindow } from '../../../src/bot/commands/context.ts';
import { createLog } from '../../../src/log.ts';
import { record } from '../../fakes/incident-logs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What "the last hour" is where lines lie at these times. */
async function lastHour(times: number[]): Promise<{ from: number; to: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-window-'));
  try {
    await using logs = await openSqliteLogs({ file: join(dir, 'logs.db') }, createLog('silent'));
    await logs.write(times.map((at) => record(at, 'shop', 'info', 'page served')));
    return await lastWindow(logs, HOUR);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const minutes = (from: number): number[] => Array.from({ length: 60 }, (_, i) => from + i * 60_000);

test('the last hour of recorded logs ends with the bulk of them, whatever a stray line is dated', async () => {
  const recorded = Date.UTC(2019, 4, 1);
  const end = recorded + 59 * 60_000 + 1;
  for (const stray of [[], [recorded + DAY], [recorded + 171 * 365 * DAY], [0]])
    assert.equal((await lastHour([...minutes(recorded), ...stray])).to, end);
});

test('it ends now where lines are of now, and with the last where all of them are of the future', async () => {
  const before = Date.now();
  const { to } = await lastHour([...minutes(before - HOUR), before + DAY]);
  assert.ok(to >= before && to <= Date.now());
  const future = before + 400 * DAY;
  assert.equal((await lastHour(minutes(future))).to, future + 59 * 60_000 + 1);
});
