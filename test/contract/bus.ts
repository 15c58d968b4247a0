import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bus, BusMessage } from '../../src/backends/bus/bus.ts';
import { deadLetter, deadLetterTopic } from '../../src/backends/bus/dead-letter.ts';
import { AppError } from '../../src/domain/errors.ts';

export interface BusHarness {
  open(): Promise<Bus>;
  /** Closes the bus and opens it again on what survives a restart of the program. */
  reopen(bus: Bus): Promise<Bus>;
  /** Whether the adapter says so when nothing answers (a bus inside the process always answers). */
  openUnreachable?: () => Promise<Bus>;
  /** Sends as another program may: a message without key and value, and headers without one. Where others can send. */
  sendBare?: (topic: string) => Promise<void>;
}

let serial = 0;
const topicName = (): string => `contract-${process.pid}-${Date.now()}-${serial++}`;

/** Collects messages and lets a test wait until enough have come. */
function inbox() {
  const messages: BusMessage[] = [];
  let wake = (): void => {};
  return {
    messages,
    async handle(batch: BusMessage[]): Promise<void> {
      messages.push(...batch);
      wake();
    },
    async until(enough: (messages: BusMessage[]) => boolean): Promise<void> {
      while (!enough(messages))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}
const values = (messages: BusMessage[]): string[] => messages.map((message) => message.value.toString());

/** What every bus must do; each adapter's test file runs it. */
export function busContract(name: string, harness: BusHarness): void {
  test(`${name}: messages of one key arrive in order, bytes, headers and key untouched`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const box = inbox();
    await using _ = await bus.subscribe(topic, { group: 'order', from: 'earliest' }, box.handle);
    const before = Date.now() - 60_000;
    const binary = Buffer.from([0, 255, 254, 10, 13, 0xc3, 0x28]);
    await bus.publish(topic, [{ key: 'first', value: binary, headers: { who: '봉수', empty: '' } }]);
    for (let i = 0; i < 50; i += 1)
      await bus.publish(topic, [
        { key: 'a', value: `a${i}` },
        { key: 'b', value: `b${i}` },
        { key: 'c', value: `c${i}` },
      ]);
    await box.until((messages) => messages.length >= 151);
    for (const key of ['a', 'b', 'c']) {
      const own = box.messages.filter((message) => message.key === key);
      assert.deepEqual(
        values(own),
        Array.from({ length: 50 }, (_, i) => `${key}${i}`),
      );
      assert.equal(new Set(own.map((message) => message.partition)).size, 1, 'one key, one partition');
      for (const [i, message] of own.entries())
        if (i > 0) assert.ok(BigInt(message.offset) > BigInt(own[i - 1]!.offset));
    }
    const first = box.messages.find((message) => message.key === 'first')!;
    assert.deepEqual(first.value, binary);
    assert.deepEqual(first.headers, { who: '봉수', empty: '' });
    assert.equal(first.topic, topic);
    assert.ok(first.timestamp > before);
  });

  test(`${name}: a rejected batch comes again and nothing behind it overtakes it`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const box = inbox();
    let rejections = 0;
    await using _ = await bus.subscribe(topic, { group: 'again', from: 'earliest' }, async (batch) => {
      if (batch.some((message) => message.value.toString() === '1') && rejections < 3) {
        rejections += 1;
        throw new AppError('unavailable', 'the store is down');
      }
      await box.handle(batch);
    });
    for (const value of ['0', '1', '2', '3']) await bus.publish(topic, [{ key: 'k', value }]);
    await box.until((messages) => messages.length >= 4);
    assert.equal(rejections, 3);
    assert.deepEqual(values(box.messages), ['0', '1', '2', '3']);
  });

  test(`${name}: a message that its handler cannot bear is put aside by itself, and the stream goes on`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const [box, dead] = [inbox(), inbox()];
    const poison = new Set(['17', '18', '60']);
    await bus.publish(
      topic,
      Array.from({ length: 100 }, (_, i) => ({ key: 'k', value: String(i), headers: { at: String(i) } })),
    );
    await using _ = await bus.subscribe(topic, { group: 'poison', from: 'earliest' }, async (batch) => {
      for (const { value } of batch)
        if (poison.has(String(value))) throw new TypeError(`nobody foresaw ${value}`);
      await box.handle(batch);
    });
    await bus.publish(topic, [{ key: 'k', value: 'behind' }]);
    await box.until((messages) => values(messages).includes('behind'));
    const good = Array.from({ length: 100 }, (_, i) => String(i)).filter((value) => !poison.has(value));
    assert.deepEqual([...new Set(values(box.messages))], [...good, 'behind']);
    await using _d = await bus.subscribe(
      deadLetterTopic(topic),
      { group: 'dlq', from: 'earliest' },
      dead.handle,
    );
    await dead.until((messages) => messages.length >= 3);
    const letters = dead.messages.toSorted((a, b) => Number(a.value) - Number(b.value));
    const partition = String(box.messages[0]!.partition);
    for (const [i, value] of [...poison].entries()) {
      assert.equal(letters[i]!.value.toString(), value);
      assert.equal(letters[i]!.key, 'k');
      assert.deepEqual(letters[i]!.headers, {
        at: value,
        'bongsu-topic': topic,
        'bongsu-partition': partition,
        'bongsu-offset': value,
        'bongsu-error': `internal: nobody foresaw ${value}`,
      });
    }
    assert.equal((await bus.health()).ok, true);
  });

  test(`${name}: what no message is at fault for is held back, told when it lasts, and lost never`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const [box, other, dead] = [inbox(), inbox(), inbox()];
    const failures = [
      new AppError('unavailable', 'the store is away'),
      new AppError('storage_full', 'the disk is full'),
      new AppError('forbidden', 'the index takes no writes'),
      // The message says so, but may come again all the same.
      new AppError('malformed', 'half an answer', { retryable: true }),
    ];
    let refusals = 0;
    let mended = false;
    await using _ = await bus.subscribe(topic, { group: 'held', from: 'earliest' }, async (batch) => {
      if (mended) return box.handle(batch);
      throw failures[refusals++ % failures.length];
    });
    await using _o = await bus.subscribe(topic, { group: 'other', from: 'earliest' }, other.handle);
    await using _d = await bus.subscribe(
      deadLetterTopic(topic),
      { group: 'dlq', from: 'earliest' },
      dead.handle,
    );
    await bus.publish(topic, [
      { key: 'k', value: '0' },
      { key: 'k', value: '1' },
    ]);
    await other.until((messages) => messages.length >= 2);
    let health = await bus.health();
    while (health.ok) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      health = await bus.health();
    }
    assert.ok(refusals > 3, 'a moment away is no trouble');
    const [[word, told] = []] = health.said!.detail;
    assert.equal(word, 'heldBack');
    assert.deepEqual(
      [told!.topic, told!.partition, told!.offset],
      [topic, other.messages[0]!.partition, other.messages[0]!.offset],
    );
    assert.match(String(told!.error), /away|full|no writes|half/);
    assert.ok(health.mend);
    mended = true;
    await box.until((messages) => messages.length >= 2);
    assert.deepEqual(values(box.messages), ['0', '1']);
    assert.deepEqual(dead.messages, []);
    while (!(await bus.health()).ok) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test(`${name}: two groups both get all; members of one group share`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const [alone, left, right] = [inbox(), inbox(), inbox()];
    const shared = (): BusMessage[] => [...left.messages, ...right.messages];
    await using _a = await bus.subscribe(topic, { group: 'alone', from: 'earliest' }, alone.handle);
    await using _l = await bus.subscribe(topic, { group: 'shared', from: 'earliest' }, left.handle);
    await using _r = await bus.subscribe(topic, { group: 'shared', from: 'earliest' }, right.handle);
    let sent = 0;
    // Partitions are handed over while the second member joins, so traffic goes on until both have had some.
    while (left.messages.length === 0 || right.messages.length === 0 || sent < 100) {
      assert.ok(sent < 20_000, 'both members receive something');
      await bus.publish(
        topic,
        Array.from({ length: 20 }, (_, i) => ({ key: `key-${sent + i}`, value: String(sent + i) })),
      );
      sent += 20;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const all = Array.from({ length: sent }, (_, i) => String(i)).sort();
    const complete = (messages: BusMessage[]): boolean => new Set(values(messages)).size === sent;
    await alone.until(complete);
    // At least once: a handover may bring a batch to both.
    while (!complete(shared())) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([...new Set(values(alone.messages))].sort(), all);
    assert.deepEqual([...new Set(values(shared()))].sort(), all);
  });

  test(`${name}: the offset is committed after the handler, so a restart continues there`, async () => {
    let bus = await harness.open();
    try {
      const topic = topicName();
      const first = inbox();
      const rejected = Promise.withResolvers<void>();
      const one = await bus.subscribe(topic, { group: 'restart', from: 'earliest' }, async (batch) => {
        if (batch.some((message) => message.value.toString() === 'fails')) {
          rejected.resolve();
          throw new AppError('unavailable', 'not now');
        }
        await first.handle(batch);
      });
      await bus.publish(topic, [{ key: 'k', value: 'handled' }]);
      await first.until((messages) => messages.length >= 1);
      await bus.publish(topic, [{ key: 'k', value: 'fails' }]);
      await rejected.promise;
      await one[Symbol.asyncDispose]();
      await bus.publish(topic, [{ key: 'k', value: 'while away' }]);
      bus = await harness.reopen(bus);
      const second = inbox();
      await using _ = await bus.subscribe(topic, { group: 'restart', from: 'earliest' }, second.handle);
      await second.until((messages) => messages.length >= 2);
      assert.deepEqual(values(second.messages), ['fails', 'while away']);
    } finally {
      await bus[Symbol.asyncDispose]();
    }
  });

  test(`${name}: a new group starts at the latest message unless it asks for the earliest`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const [late, early] = [inbox(), inbox()];
    await bus.publish(topic, [{ key: 'k', value: 'old' }]);
    await using _l = await bus.subscribe(topic, { group: 'late' }, late.handle);
    await using _e = await bus.subscribe(topic, { group: 'early', from: 'earliest' }, early.handle);
    await bus.publish(topic, [{ key: 'k', value: 'new' }]);
    await late.until((messages) => messages.length >= 1);
    await early.until((messages) => messages.length >= 2);
    assert.deepEqual(values(late.messages), ['new']);
    assert.deepEqual(values(early.messages), ['old', 'new']);
  });

  test(`${name}: a 5 MB value passes, and goes to the dead-letter topic byte for byte`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const dead = inbox();
    const arrived = inbox();
    const value = Buffer.alloc(5 * 1024 * 1024, '{"broken": \xff');
    await using _ = await bus.subscribe(topic, { group: 'big', from: 'earliest' }, async (batch) => {
      for (const message of batch) await deadLetter(bus, message, new AppError('malformed', 'not JSON'));
      await arrived.handle(batch);
    });
    await bus.publish(topic, [{ key: 'k', value, headers: { trace: 't1' } }]);
    await arrived.until((messages) => messages.length >= 1);
    await using _d = await bus.subscribe(
      deadLetterTopic(topic),
      { group: 'dlq', from: 'earliest' },
      dead.handle,
    );
    await dead.until((messages) => messages.length >= 1);
    const [message] = dead.messages;
    assert.ok(message!.value.equals(value));
    assert.equal(message!.key, 'k');
    assert.deepEqual(message!.headers, {
      trace: 't1',
      'bongsu-topic': topic,
      'bongsu-partition': String(arrived.messages[0]!.partition),
      'bongsu-offset': arrived.messages[0]!.offset,
      'bongsu-error': 'malformed: not JSON',
    });
  });

  test(`${name}: a value over every limit is refused as too_large, and the bus goes on`, async () => {
    await using bus = await harness.open();
    const topic = topicName();
    const box = inbox();
    await using _ = await bus.subscribe(topic, { group: 'huge', from: 'earliest' }, box.handle);
    // Random bytes: no compression makes them fit.
    const huge = crypto.getRandomValues(new Uint8Array(65_536));
    await assert.rejects(
      bus.publish(topic, [{ value: Buffer.concat(Array.from({ length: 320 }, () => huge)) }]),
      (error) => error instanceof AppError && error.code === 'too_large' && !error.retryable,
    );
    await bus.publish(topic, [{ value: 'small' }]);
    await box.until((messages) => messages.length >= 1);
    assert.deepEqual(values(box.messages), ['small']);
  });

  test(`${name}: disposing lets a handler finish, begins no other, and may be done twice`, async () => {
    const bus = await harness.open();
    const topic = topicName();
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let finished = 0;
    const subscription = await bus.subscribe(topic, { group: 'last', from: 'earliest' }, async () => {
      begun.resolve();
      await gate.promise;
      finished += 1;
    });
    await bus.publish(topic, [{ key: 'k', value: 'one' }]);
    await begun.promise;
    const disposed = Promise.all([bus[Symbol.asyncDispose](), bus[Symbol.asyncDispose]()]);
    await assert.rejects(bus.publish(topic, [{ key: 'k', value: 'two' }]), { code: 'unavailable' });
    gate.resolve();
    await disposed;
    await subscription[Symbol.asyncDispose]();
    await subscription[Symbol.asyncDispose]();
    assert.equal(finished, 1);
    await assert.rejects(
      bus.subscribe(topic, { group: 'late' }, async () => {}),
      { code: 'unavailable' },
    );
    assert.equal((await bus.health()).ok, false);
  });

  test(`${name}: health names the adapter`, async () => {
    await using bus = await harness.open();
    const health = await bus.health();
    assert.equal(health.ok, true, health.detail);
    assert.equal(health.kind, name);
  });

  const { openUnreachable, sendBare } = harness;
  if (sendBare)
    test(`${name}: a message without key and value, and headers without one, are read`, async () => {
      await using bus = await harness.open();
      const topic = topicName();
      const box = inbox();
      await using _ = await bus.subscribe(topic, { group: 'bare', from: 'earliest' }, box.handle);
      await sendBare(topic);
      await bus.publish(topic, [{ value: 'behind' }]);
      await box.until((messages) => messages.length >= 2);
      const bare = box.messages.find(({ value }) => value.length === 0)!;
      assert.equal(bare.key, undefined);
      assert.deepEqual(bare.headers, { list: 'b' });
    });

  if (openUnreachable)
    test(`${name}: with nothing answering it opens, says so in health, and refuses to publish`, async () => {
      await using bus = await openUnreachable();
      const health = await bus.health();
      assert.equal(health.ok, false);
      assert.ok(health.mend);
      await using _ = await bus.subscribe(topicName(), { group: 'none' }, async () => {});
      await assert.rejects(
        bus.publish(topicName(), [{ value: 'lost?' }]),
        (error) => error instanceof AppError && error.code === 'unavailable' && error.retryable,
      );
    });
}
