import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHART, open, POST, say } from './opened.ts';

test('a chart goes with its message; when it cannot, the text goes alone', async () => {
  const { fake, discord, place } = await open();
  const message = say('alert', { kind: 'chart', chart: CHART });
  await discord.post(place, message, { nonce: 'a' });
  assert.deepEqual(fake.of(POST)[0]?.files, ['chart-0.png']);
  fake.fail(POST, { status: 413, code: 40_005 });
  await discord.post(place, message, { nonce: 'b' });
  const last = fake.messages().at(-1);
  assert.match(last?.embeds[0]?.description ?? '', /^alert\n📊 Errors$/);
  assert.match((await discord.health()).detail, /1 charts could not be shown/);
  const broken = await open({ render: () => Promise.reject(new Error('no font')) });
  await broken.discord.post(broken.place, message, { nonce: 'c' });
  assert.equal(broken.fake.messages().length, 1);
});
