import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHART, open, say, until } from './opened.ts';

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

test('a chart that cannot be shown loses no text and is told', async () => {
  const { fake, slack, place } = await open({ render: () => Promise.reject(new Error('no font')) });
  const ref = await slack.post(place, say('alert', { kind: 'chart', chart: CHART }), {
    nonce: 'n',
    opensThread: 'cart',
  });
  const told = await until('the note', async () => (await fake.messages(ref.id))[1]);
  assert.match(told.text, /chart could not be uploaded/);
  assert.match((await slack.health()).detail, /1 charts could not be uploaded/);
});
