import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openRedisState } from '../../src/backends/state/redis.ts';
import { readAudit } from '../../src/bot/incidents/audit.ts';
import { anomaly, incidentsOn, log, mina } from '../bot/fixtures.ts';
import { available, type Server, startRedis } from './servers.ts';

const MINUTE = 60_000;

describe('two bots on one Redis', { skip: available('redis') ?? false }, () => {
  let server: Server;
  before(async () => {
    server = await startRedis();
  });
  after(() => server?.[Symbol.asyncDispose]());

  test('each escalation and each recovery happens once; both see a mute, and it ends', async () => {
    const open = async () =>
      checkedState(await openRedisState({ url: server.url, prefix: 'timers:' }, log), log);
    await using first = await open();
    await using second = await open();
    const clock = { now: Date.now() };
    const steps = [{ afterMinutes: 10, platform: 'slack', channel: 'C2', mention: ['here'] }];
    const timing = { resolveAfterMs: () => 30 * MINUTE, escalation: { severity: 4, steps } };
    const chats = [{ name: 'slack', alertChannel: 'C1' }];
    const bots = [first, second].map((state) => incidentsOn(state, chats, { clock, timing }));
    const ids: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      const detected_at = new Date(clock.now).toISOString();
      const opened = await bots[index % 2]!.record(
        anomaly(`service-${index}`, { detected_at, names: [] }),
        clock.now,
      );
      ids.push(opened!.id);
    }
    const times = async (what: string): Promise<number[]> =>
      Promise.all(
        ids.map(
          async (id) =>
            (await bots[0]!.get(id))!.lifecycle.history.filter((entry) => entry.what === what).length,
        ),
      );
    clock.now += 11 * MINUTE;
    await Promise.all(bots.map((bot) => bot.tick()));
    assert.deepEqual(new Set(await times('escalated')), new Set([1]));
    clock.now += 25 * MINUTE;
    await Promise.all(bots.map((bot) => bot.tick()));
    assert.deepEqual(new Set(await times('recovered')), new Set([1]));
    assert.equal(await first.count('timer'), 0);
    assert.equal((await readAudit(second)).length, 2 * ids.length);

    const mute = await bots[0]!.mute({ service: 'service-1' }, 3_000, mina);
    assert.equal((await bots[1]!.mutes())[0]?.id, mute.id);
    while (await second.get('mute', mute.id));
    clock.now += MINUTE;
    assert.deepEqual(await bots[1]!.mutes(), []);
  });
});
