import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingMessage } from '../../../src/backends/bus/bus.ts';
import { deadLetter } from '../../../src/backends/bus/dead-letter.ts';
import { AppError } from '../../../src/domain/errors.ts';

const sizeOf = ({ key = '', value, headers = {} }: OutgoingMessage): number =>
  Buffer.byteLength(value) + key.length + Object.entries(headers).flat().join('').length;

/** What lies on a dead-letter topic that takes messages of `limit` bytes. */
async function letterWithin(
  limit: number,
  message: { value: Buffer; key?: string; headers?: Record<string, string> },
): Promise<OutgoingMessage & { topic: string }> {
  const kept: (OutgoingMessage & { topic: string })[] = [];
  await deadLetter(
    {
      publish: async (topic, messages) => {
        for (const one of messages)
          if (sizeOf(one) > limit) throw new AppError('too_large', 'MESSAGE_TOO_LARGE');
          else kept.push({ topic, ...one });
      },
    },
    { topic: 't', partition: 2, offset: '17', timestamp: 0, headers: {}, ...message },
    new AppError('malformed', 'not JSON'),
  );
  assert.equal(kept.length, 1);
  return kept[0]!;
}

test('a dead-letter topic takes as much as it can, and in any case where the message stands', async () => {
  const value = Buffer.alloc(5_000_000, 'x');
  const place = {
    'bongsu-topic': 't',
    'bongsu-partition': '2',
    'bongsu-offset': '17',
    'bongsu-error': 'malformed: not JSON',
  };
  const whole = await letterWithin(16_000_000, { value, key: 'k', headers: { team: 'a' } });
  assert.deepEqual(whole, { topic: 't.dlq', key: 'k', value, headers: { team: 'a', ...place } });
  for (const [limit, bytes] of [
    [1_000_000, 65_536],
    [10_000, 4_096],
    [1_000, 256],
    [200, 0],
  ] as const) {
    const cut = await letterWithin(limit, { value });
    const said = { ...place, 'bongsu-cut': `${bytes} of 5000000 bytes` };
    assert.deepEqual([cut.value.length, cut.headers], [bytes, said], String(limit));
  }
});

test('what is too large may be its headers or its key', async () => {
  const value = Buffer.from('not json');
  const headers = { trace: 'y'.repeat(2_000_000), 'bongsu-element': '4' };
  for (const message of [
    { value, headers },
    { value, headers: { 'bongsu-element': '4' }, key: 'k'.repeat(2_000_000) },
  ]) {
    const letter = await letterWithin(1_000_000, message);
    assert.deepEqual([letter.value, letter.key], [value, undefined]);
    assert.equal(letter.headers!['bongsu-element'], '4');
    assert.equal(letter.headers!['bongsu-offset'], '17');
    assert.deepEqual([letter.headers!.trace, letter.headers!['bongsu-cut']], [undefined, undefined]);
  }
});

test('a topic that takes not even that, and any other failure, is told to whoever puts aside', async () => {
  await assert.rejects(letterWithin(10, { value: Buffer.from('x') }), { code: 'too_large' });
  await assert.rejects(
    deadLetter(
      { publish: async () => Promise.reject(new AppError('forbidden', 'no rights')) },
      { topic: 't', partition: 0, offset: '0', value: Buffer.from('x'), headers: {}, timestamp: 0 },
      new AppError('malformed', 'x'),
    ),
    { code: 'forbidden' },
  );
});
