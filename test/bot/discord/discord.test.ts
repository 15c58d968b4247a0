import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDiscord } from '../../../src/bot/discord/discord.ts';
import { readTag, tagOf } from '../../../src/bot/discord/embeds.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { healthIn } from '../../../src/i18n/health.ts';
import { createLog } from '../../../src/log.ts';
import { startFakeDiscord } from '../../fakes/discord.ts';
import { closers, open, POST, request, say, until } from './harness.ts';

test('errors become codes, and a post is never repeated by the adapter', async () => {
  const { fake, discord, place } = await open();
  const cases = [
    [{ status: 429, retryAfter: 3 }, 'rate_limited'],
    [{ status: 502 }, 'unavailable'],
    [{ status: 403, code: 50_001 }, 'forbidden'],
    [{ status: 404, code: 10_003 }, 'not_found'],
    [{ status: 401 }, 'unauthorized'],
    [{ status: 400, code: 50_035 }, 'internal'],
    [{ cut: true }, 'unavailable'],
  ] as const;
  for (const [failure, code] of cases) {
    const before = fake.of(POST).length;
    fake.fail(POST, failure);
    const error = await discord
      .post(place, say('x'), { nonce: `n-${code}` })
      .catch((cause: unknown) => cause);
    assert.ok(error instanceof AppError, JSON.stringify(failure));
    assert.equal(error.code, code, JSON.stringify(failure));
    // What stands in front of the platform may fail although the call goes on behind it.
    const answered = !('cut' in failure) && code !== 'unavailable';
    assert.equal(error.answered, answered, JSON.stringify(failure));
    if ('retryAfter' in failure) assert.ok((error.retryAfterMs ?? 0) >= 3_000);
    assert.equal(fake.of(POST).length, before + 1);
  }
  await discord.post(place, say('the token works on after a 401'), { nonce: 'last' });
  await assert.rejects(discord.edit({ ...place, id: '1' }, say('x')), { code: 'not_found' });
});

test('a message is found by its mark, also after an edit or a lost answer, and is not sent twice', async () => {
  const { fake, discord, place } = await open();
  const since = Date.now();
  fake.fail(POST, { cut: true });
  await assert.rejects(discord.post(place, say('parent'), { nonce: 'one', opensThread: 't' }), {
    code: 'unavailable',
  });
  const parent = await discord.find(place, 'one', since);
  assert.ok(parent?.thread);
  await discord.edit(parent, say('edited'));
  assert.equal(readTag(fake.messages()[0]?.embeds ?? []), tagOf('one'));
  assert.deepEqual(await discord.find(place, 'one', since), parent);
  await discord.post(place, say('parent'), { nonce: 'one' });
  assert.equal(fake.messages().length, 1);

  // The thread was never opened: the first post into it does that.
  assert.equal(await discord.find({ ...place, thread: parent.thread }, 'two', since), undefined);
  const child = await discord.post({ ...place, thread: parent.thread }, say('child'), { nonce: 'two' });
  assert.deepEqual(await discord.find({ ...place, thread: parent.thread }, 'two', since), child);
  assert.equal(await discord.find(place, 'two', since), undefined);
  assert.equal(fake.channels.get(parent.id)?.name, 'edited');
});

test('an edit after a restart keeps the mark', async () => {
  const { fake, discord, place } = await open();
  const since = Date.now();
  const ref = await discord.post(place, say('before'), { nonce: 'one', opensThread: 'cart '.repeat(50) });
  assert.equal(String(fake.channels.get(ref.id)?.name).length, 100);
  const again = await open({ fake });
  await again.discord.edit(ref, say('after'));
  assert.deepEqual(await again.discord.find(place, 'one', since), ref);
});

test('connects again after a lost connection', async () => {
  const { fake, discord, requests } = await open();
  fake.drop(true);
  await until('unhealthy', async () => !(await discord.health()).ok);
  fake.welcome();
  await until('healthy again', async () => (await discord.health()).ok);
  await fake.command('help');
  await request(requests);
});

test('starts though discord is down, says so, and connects when it is back', async () => {
  const fake = await startFakeDiscord();
  const { port } = fake;
  await fake.stop();
  const { discord } = await open({ fake });
  await until('the reason', async () => (await discord.health()).detail.includes('not reachable'));
  const health = await discord.health();
  assert.equal(health.ok, false);
  assert.match(healthIn('ko', health).mend ?? '', /연결할 수 없어/);
  const back = await startFakeDiscord({ port });
  closers.push(() => back.stop());
  await until('connected', async () => (await discord.health()).ok);
});

test('a refused token is named in health with what to do', async () => {
  const { discord } = await open({ token: 'MTIz.wrong0.not-a-real-token-at-all' });
  await until('refused', async () => /refused/.test((await discord.health()).detail));
  assert.match((await discord.health()).mend ?? '', /DISCORD_TOKEN/);
});

test('before start, health asks once whether token and channel are fine', async () => {
  const fake = await startFakeDiscord();
  closers.push(() => fake.stop());
  const health = async (more: { channel?: string; token?: string }) => {
    const options = {
      renderChart: async () => Buffer.from(''),
      language: 'en' as const,
      log: createLog('silent'),
    };
    const { channel, apiUrl, token } = fake;
    await using discord = await openDiscord({ kind: 'discord', channel, apiUrl, token, ...more }, options);
    return discord.health();
  };
  assert.equal((await health({})).ok, true);
  assert.match((await health({ channel: '404' })).mend ?? '', /channel id/);
  assert.match((await health({ token: 'wrong' })).mend ?? '', /DISCORD_TOKEN/);
});
