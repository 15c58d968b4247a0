import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusMessage, OutgoingMessage } from '../../../src/backends/bus/bus.ts';
import { deliver, putAsideOn } from '../../../src/backends/bus/deliver.ts';
import { AppError, ERROR_CODES } from '../../../src/domain/errors.ts';

const message = (value: string, topic = 't'): BusMessage => ({
  topic,
  partition: 2,
  offset: value,
  value: Buffer.from(value),
  headers: {},
  timestamp: 0,
});
const batchOf = (count: number): BusMessage[] => Array.from({ length: count }, (_, i) => message(String(i)));

/** Delivers a batch to a handler that throws `error` for the values in `guilty`. */
async function delivered(count: number, guilty: (value: string) => boolean, error: unknown, refused = 9) {
  const handled: string[] = [];
  const aside: string[] = [];
  let calls = 0;
  const failed = await deliver(batchOf(count), {
    refused,
    handle: async (batch) => {
      calls += 1;
      const values = batch.map(({ value }) => value.toString());
      // As a handler may that works its batch off.
      batch.length = 0;
      if (values.some(guilty)) throw error;
      handled.push(...values);
    },
    putAside: async ({ offset }, reason) => void aside.push(`${offset} ${reason.code}`),
  }).then(
    () => undefined,
    (thrown: unknown) => thrown as AppError,
  );
  return { handled, aside, calls, failed };
}

test('the guilty ones are found, whichever they are, and the others are handled in order', async () => {
  for (const count of [1, 2, 3, 7, 500])
    for (const at of [0, count >> 1, count - 1]) {
      const found = await delivered(count, (value) => value === String(at), new TypeError('of null'));
      assert.deepEqual(found.aside, [`${at} internal`]);
      assert.deepEqual(
        found.handled,
        batchOf(count)
          .map(({ offset }) => offset)
          .filter((offset) => offset !== String(at)),
      );
      assert.ok(
        found.calls <= 2 * Math.ceil(Math.log2(count)) + 1,
        `${found.calls} calls for one of ${count}`,
      );
    }
  const all = await delivered(8, () => true, new AppError('malformed', 'all of it'));
  assert.equal(all.aside.length, 8);
});

test('an error that nobody foresaw may be of the moment: twice the batch comes again', async () => {
  for (const refused of [0, 1]) {
    const first = await delivered(4, (value) => value === '2', new TypeError('of null'), refused);
    assert.deepEqual([first.calls, first.aside, first.failed?.code], [1, [], 'internal']);
  }
  // One that says what is wrong with the message does not have to be seen again.
  const said = await delivered(4, (value) => value === '2', new AppError('too_large', 'a line of 5 MB'), 0);
  assert.deepEqual([said.aside, said.failed], [['2 too_large'], undefined]);
});

test('what is not the fault of a message puts nothing aside, by every code', async () => {
  const ofTheMessage = ERROR_CODES.filter((code) => !new AppError(code, '').retryable);
  for (const code of ERROR_CODES) {
    const found = await delivered(4, (value) => value === '2', new AppError(code, 'why'));
    const surroundings = /forbidden|unauthorized|config_invalid|budget_spent|storage_full|stopped/.test(code);
    if (surroundings || !ofTheMessage.includes(code))
      assert.deepEqual([found.aside, found.failed?.code], [[], code]);
    else assert.deepEqual([found.aside, found.failed], [[`2 ${code}`], undefined]);
  }
});

test('a store that goes away while the guilty one is looked for: the batch comes again', async () => {
  let calls = 0;
  const aside: string[] = [];
  await assert.rejects(
    deliver(batchOf(4), {
      refused: 2,
      handle: async () => {
        calls += 1;
        throw calls === 1 ? new TypeError('of null') : new AppError('unavailable', 'gone');
      },
      putAside: async ({ offset }) => void aside.push(offset),
    }),
    (error) => error instanceof AppError && error.code === 'unavailable',
  );
  assert.deepEqual(aside, []);
});

test('what cannot be put aside is not passed over, and what lies on a dead-letter topic stays there', async () => {
  const counted: string[] = [];
  const sent: OutgoingMessage[] = [];
  const down = { publish: () => Promise.reject(new AppError('unavailable', 'no broker')) };
  const reason = new AppError('malformed', 'why');
  await assert.rejects(putAsideOn(down, undefined, (topic) => counted.push(topic))(message('1'), reason));
  assert.deepEqual(counted, []);
  const up = { publish: async (_: string, messages: OutgoingMessage[]) => void sent.push(...messages) };
  await putAsideOn(up, undefined)(message('1', 't.dlq'), reason);
  assert.deepEqual(sent, []);
});

test('a message that the broker does not take back whole leaves its head', async () => {
  const sent: OutgoingMessage[] = [];
  const small = {
    publish: async (_: string, messages: OutgoingMessage[]) => {
      if (messages[0]!.value.length > 100_000) throw new AppError('too_large', 'over the limit of the topic');
      sent.push(...messages);
    },
  };
  const big = { ...message('1'), value: Buffer.alloc(200_000, 'x') };
  await putAsideOn(small, undefined)(big, new AppError('undecodable', 'why'));
  assert.equal(sent[0]!.value.length, 65_536);
  assert.equal(sent[0]!.headers!['bongsu-cut'], '65536 of 200000 bytes');
});
