import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachments } from '../../../src/bot/chat/chat.ts';
import { CHART, open, say, until } from './harness.ts';

test('a chart is uploaded into the thread with a description, again when that fails at first', async () => {
  const { fake, slack, place } = await open();
  fake.fail('files.getUploadURLExternal', { status: 429, retryAfter: 1 });
  const ref = await slack.post(place, say('alert', { kind: 'chart', chart: CHART }), {
    nonce: 'n',
    opensThread: 'cart',
  });
  assert.equal(ref.thread, ref.id);
  const file = await until(
    'the upload',
    async () => (await fake.messages(ref.id)).find(({ files }) => files)?.files?.[0],
  );
  assert.equal(file.title, 'Errors');
  assert.equal(file.alt_txt, 'Errors: errors');
});

test('the chart of a message whose answer was lost is uploaded when it is found, and only once', async () => {
  const { fake, slack, place } = await open();
  const message = say('alert', { kind: 'chart', chart: CHART });
  fake.fail('chat.postMessage', { cut: true });
  await assert.rejects(slack.post(place, message, { nonce: 'n' }), { code: 'unavailable' });
  const found = (await slack.find(place, 'n', 0))!;
  slack.attach!(found, message, 'n');
  // Found again, because what it was could not be noted.
  slack.attach!(found, message, 'n');
  const pictures = async () => (await fake.messages(found.id)).filter(({ files }) => files);
  await until('the upload', async () => ((await pictures()).length > 0 ? true : undefined));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await pictures()).length, 1);
});

test('a chart that cannot be shown loses no text and is told', async () => {
  const { fake, slack, place } = await open({ render: () => Promise.reject(new Error('no font')) });
  const ref = await slack.post(place, say('alert', { kind: 'chart', chart: CHART }), {
    nonce: 'n',
    opensThread: 'cart',
  });
  const told = await until('the note', async () => (await fake.messages(ref.id))[1]);
  assert.match(told.text, /chart could not be uploaded/);
  assert.match((await slack.health()).detail, /1 charts could not be shown/);
});

const REPORT = { kind: 'report', jobId: 'job-1', language: 'ko' } as const;
const reports: Attachments['reportFiles'] = async (jobId, language) => [
  { name: `${jobId}.html`, title: `${language} HTML`, type: 'text/html', data: Buffer.from('<p>') },
  { name: `${jobId}.json`, title: `${language} JSON`, type: 'application/json', data: Buffer.from('{}') },
];

test('a report is uploaded into the thread as a page and as JSON, together', async () => {
  const { fake, slack, place } = await open({ reports });
  const ref = await slack.post(place, say('analysis', REPORT), { nonce: 'n' });
  const files = await until(
    'the upload',
    async () => (await fake.messages(ref.id)).find(({ files }) => files)?.files,
  );
  assert.deepEqual(
    files.map(({ title }) => title),
    ['ko HTML', 'ko JSON'],
  );
});

test('a report that cannot be uploaded is told; one that is not kept any more is no trouble', async () => {
  const { fake, slack, place } = await open({
    reports: () => Promise.reject(new Error('the store is away')),
  });
  const ref = await slack.post(place, say('analysis', REPORT), { nonce: 'n' });
  const told = await until('the note', async () => (await fake.messages(ref.id))[1]);
  assert.match(told.text, /report could not be uploaded as a file/);
  assert.match((await slack.health()).detail, /, 1 reports could not be uploaded/);
  const old = await open({ reports: async () => [] });
  await old.slack.post(old.place, say('analysis', REPORT), { nonce: 'n' });
  assert.deepEqual(old.fake.of('files.getUploadURLExternal'), []);
});
