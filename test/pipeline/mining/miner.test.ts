import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld } from '../../../scripts/eval/generated/world.ts';
import { createMiner } from '../../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';
import { maskTokens } from './harness.ts';

test('masks what is surely variable and nothing else', () => {
  const cases: [string, string][] = [
    ['connected to 10.0.0.1:5432 in 12ms', 'connected to <*> in <*>'],
    ['user=42 took 1.5s size:17', 'user=<*> took <*> size:<*>'],
    ['slept 5ms, 0.9sec and 950µs', 'slept <*>, <*> and <*>'],
    ['read /var/log/app/x.log, done', 'read <*>, done'],
    ['GET https://shop.example/a?b=1 ok', 'GET <*> ok'],
    ['10.0.0.7 "GET /orders/7 HTTP/1.1" status: 200', '<*> "GET /orders/<*> HTTP/1.1" status: <*>'],
    ['said "NO-WAY" twice', 'said "<*>" twice'],
    ['block blk_-387201 on node-17', 'block <*> on <*>'],
    ['id 550e8400-e29b-41d4-a716-446655440000 gone', 'id <*> gone'],
    ['value 0x7fed806eb5d deadbeef1234', 'value <*> <*>'],
    // Several words without a key are text.
    ['said "hello there world" twice', 'said "hello there world" twice'],
    ["it's fine, don't worry", "it's fine, don't worry"],
    ['재고 3건 부족, 주문 ORD-48201 취소', '재고 <*>건 부족, 주문 <*> 취소'],
    ['jk2_init() started utf8', 'jk2_init() started utf8'],
  ];
  for (const [message, masked] of cases) assert.equal(maskTokens(message).join(' '), masked);
});

test('finds the templates of a mixed stream', () => {
  const miner = createMiner();
  const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
  const ids = new Map<string, Set<string>>();
  for (let i = 0; i < 500; i++) {
    const word = words[i % words.length]!;
    const lines: [string, string][] = [
      ['login', `user ${word} logged in from 10.1.${i % 200}.7`],
      ['pool', `커넥션 풀 고갈: 대기 ${i}건, 서비스 ${word}`],
      ['start', 'service started'],
      ['stop', 'service stopped'],
    ];
    for (const [kind, line] of lines) {
      if (!ids.has(kind)) ids.set(kind, new Set());
      ids.get(kind)!.add(miner.add(line).id);
    }
  }
  assert.equal(ids.get('login')!.size, 1);
  assert.equal(ids.get('pool')!.size, 1);
  const [login] = ids.get('login')!;
  assert.equal(miner.pattern(login!), 'user <*> logged in from <*>');
  const [pool] = ids.get('pool')!;
  assert.equal(miner.pattern(pool!), '커넥션 풀 고갈: 대기 <*>건, 서비스 <*>');
});

test('is deterministic, and goes on after save and restore with the same ids', () => {
  const lines = Array.from(
    { length: 300 },
    (_, i) => `worker ${['a', 'b', 'c'][i % 3]} finished job ${i} in ${i * 3} ms`,
  );
  const first = createMiner();
  const second = createMiner();
  assert.deepEqual(
    lines.map((line) => first.add(line).id),
    lines.map((line) => second.add(line).id),
  );
  const third = createMiner();
  third.restore(JSON.parse(JSON.stringify(first.save())));
  assert.equal(third.add(lines[0]!).id, first.add(lines[0]!).id);
  assert.equal(third.size, first.size);
});

test('stays bounded and forgets the oldest', () => {
  const miner = createMiner({ maxClusters: 100 });
  // Every line is its own template: the number of tokens differs or no word agrees.
  for (let i = 0; i < 2_000; i++)
    miner.add(`${'qwertyuiop'.repeat(1 + (i % 7))} ${word(i)} ${word(i * 7)} ${word(i * 13)}`);
  assert.ok(miner.size <= 100);
  assert.ok(miner.add('x'.repeat(50_000)).pattern.length > 0);
  assert.ok(miner.add('').id);
  assert.ok(miner.add('a '.repeat(20_000)).pattern.length < 1_000);
});

const word = (n: number): string => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');

test('lines of ever new words do not pile up: what a message is compared with is bounded', () => {
  const miner = createMiner();
  const family = miner.add('ERROR pool of orders is exhausted');
  for (let n = 0; n < 3_000; n += 1) {
    miner.add(`ERROR ${word(n * 7_919)} ${word(n * 104_729)} ${word(n * 31)} ${word(n * 13)} ${word(n)}`);
    if (n % 100 === 0) miner.add('ERROR pool of orders is exhausted');
  }
  assert.ok(miner.size <= 1_000, `${miner.size} templates`);
  // A template that keeps coming is not forgotten.
  assert.equal(miner.add('ERROR pool of orders is exhausted').id, family.id);
});

/** The ids of messages, in order, by a fresh miner, as small numbers. */
function grouped(messages: string[]): { groups: number[]; patterns: string[] } {
  const miner = createMiner();
  const ids = messages.map((message) => miner.add(message).id);
  const known = [...new Set(ids)];
  return { groups: ids.map((id) => known.indexOf(id)), patterns: known.map((id) => miner.pattern(id)!) };
}

test('what belongs together and what does not', () => {
  const cases: [messages: string[], groups: number[], pattern: string][] = [
    // Values of any form differ freely.
    [['loading shop.cart.Store', 'loading shop.order.api.Store'], [0, 0], 'loading <*>'],
    // Keys are constants; the values after them vary.
    [['got sub=1 phone=2', 'got sub=1 result=ok'], [0, 1], 'got sub=<*> phone=<*>'],
    [['opened by (uid=0)', 'opened by LOGIN(uid=0)'], [0, 1], 'opened by (uid=<*>)'],
    [['drawn overlap:yes', 'drawn overlap:no'], [0, 0], 'drawn overlap:<*>'],
    // Two words side by side are another sentence.
    [
      ['cannot read from socket 1: link was cut', 'cannot read from socket 2: peer has gone'],
      [0, 1],
      'cannot read from socket <*>: link was cut',
    ],
    // A quantity that is given twice, and a bound with its unit, are one variable.
    [
      ['closed, 12 bytes sent, lifetime 00:05', 'closed, 1578 bytes (1.54 KB) sent, lifetime <1 sec'],
      [0, 0],
      'closed, <*> sent, lifetime <*>',
    ],
    // Lists of any length.
    [['sizes 1 2 3 done', 'sizes 1 2 3 4 5 6 done'], [0, 0], 'sizes <*> done'],
    // The same when the last value has one digit and a unit.
    [['GET /v1/cart/17 200 9ms', 'GET /v1/cart/8 200 81ms', 'GET /v1/a 200 4µs'], [0, 0, 0], 'GET <*>'],
    // A date in words of any language.
    [['seen Sat Nov 21 15:04:05 2026 here', 'seen Sáb Mär  1 05:04:05 2026 here'], [0, 0], 'seen <*> here'],
    // A Latin name in a Korean sentence, before any particle.
    [['사용자 kim이 왔습니다', '사용자 lee가 왔습니다'], [0, 0], '사용자 <*> 왔습니다'],
    [['서비스 cart가 느립니다', '서비스 order가 느립니다'], [0, 0], '서비스 <*>가 느립니다'],
  ];
  for (const [messages, groups, pattern] of cases) {
    const found = grouped(messages);
    assert.deepEqual(found.groups, groups, messages.join(' | '));
    assert.equal(found.patterns[0], pattern);
  }
});

test('a word that never varied in many messages is a constant', () => {
  const messages = Array.from({ length: 300 }, (_, i) => `session ${i} of the night was begun by agents`);
  const { groups } = grouped([...messages, 'session 300 of the night was begun by nobody']);
  assert.equal(groups.at(-2), 0);
  assert.equal(groups.at(-1), 1);
  // A word that differs early is a variable.
  assert.deepEqual(grouped([messages[0]!, 'session 1 of the night was begun by nobody']).groups, [0, 0]);
});

test('the requests of a made-up system are one template, however short their numbers', () => {
  const world = createWorld(7);
  const lines = world.streams()[world.gateway]!.filter((line) => line.includes('GET /v1/'));
  const normalize = createNormalizer({ timeZone: 'UTC' });
  const messages = lines.map(
    (text, i) => normalize({ text, source: world.gateway, position: String(i) }).message,
  );
  assert.ok(messages.some((message) => / 200 \dms$/.test(message)));
  assert.deepEqual(new Set(grouped(messages).patterns), new Set(['GET <*>']));
});

test('thousands of templates of one length keep their ids', () => {
  const miner = createMiner();
  const messages = Array.from(
    { length: 3_000 },
    (_, i) => `${word(i * 7_919 + 1)} ${word(i * 31 + 7)} ready`,
  );
  const first = messages.map((message) => miner.add(message).id);
  assert.deepEqual(
    messages.map((message) => miner.add(message).id),
    first,
  );
});
