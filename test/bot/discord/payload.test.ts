import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachments } from '../../../src/bot/chat/chat.ts';
import { CHART, open, POST, say } from './harness.ts';

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

const REPORT = { kind: 'report', jobId: 'job-1', language: 'ko' } as const;
const reports: Attachments['reportFiles'] = async (jobId, language) => [
  { name: `${jobId}.html`, title: `${language} HTML`, type: 'text/html', data: Buffer.from('<p>') },
  { name: `${jobId}.json`, title: `${language} JSON`, type: 'application/json', data: Buffer.from('{}') },
];

test('a report goes with its message as a page and as JSON, behind its chart', async () => {
  const { fake, discord, place } = await open({ reports });
  await discord.post(place, say('analysis', REPORT, { kind: 'chart', chart: CHART }), { nonce: 'a' });
  const [sent] = fake.of(POST);
  assert.deepEqual(sent?.files, ['chart-0.png', 'job-1.html', 'job-1.json']);
  const { attachments } = sent!.body as {
    attachments: { id: number; filename: string; description: string }[];
  };
  assert.deepEqual(
    attachments.map(({ id, filename }) => [id, filename]),
    [...sent!.files.entries()],
  );
  assert.equal(attachments[1]?.description, 'ko HTML');
});

test('a report that cannot be read, or not be sent, loses no text', async () => {
  const away = await open({ reports: () => Promise.reject(new Error('the store is away')) });
  await away.discord.post(away.place, say('analysis', REPORT), { nonce: 'a' });
  assert.equal(away.fake.messages().length, 1);
  const { fake, discord, place } = await open({ reports });
  fake.fail(POST, { status: 413, code: 40_005 });
  await discord.post(place, say('analysis', REPORT), { nonce: 'b' });
  assert.equal(fake.messages().length, 1);
});
