import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, redact } from '../src/log.ts';

test('no secret reaches the log, whether as a field, in an error or in a URL', () => {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line: string) => void lines.push(line) });
  log.info({ token: 's3cret-a', config: { apiKey: 's3cret-b', chats: { botToken: 's3cret-c' } } }, 'started');
  const vendor = Object.assign(new Error('401 for key sk-abcdefgh12345678'), {
    config: { headers: { Authorization: 'Bearer s3cret-d' } },
    code: 'EAUTH',
  });
  log.error({ err: vendor }, 'refused');
  log.error(
    {
      err: new Error('redis://user:s3cret-e@s3cret-f@host:6379 refused', {
        cause: new Error('xoxb-12345678-abcdef'),
      }),
    },
    'down',
  );
  const text = lines.join('');
  assert.doesNotMatch(text, /s3cret|sk-abc|xoxb-1/);
  assert.match(text, /EAUTH/);
  assert.match(text, /\[redacted\]/);
});

test('redaction leaves ordinary text alone', () => {
  const text = 'GET http://shop.local:8080/cart?id=7 took 31 ms, user kim@example.com';
  assert.equal(redact(text), text);
});
