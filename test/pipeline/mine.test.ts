import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskTokens } from '../../src/pipeline/mask.ts';
import { createMiner } from '../../src/pipeline/mine.ts';

test('masks what is surely variable and nothing else', () => {
  const cases: [string, string][] = [
    ['connected to 10.0.0.1:5432 in 12ms', 'connected to <*> in <*>'],
    ['user=42 took 1.5s size:17', 'user=<*> took <*> size:<*>'],
    ['read /var/log/app/x.log, done', 'read <*>, done'],
    ['GET https://shop.example/a?b=1 ok', 'GET <*> ok'],
    ['block blk_-387201 on node-17', 'block <*> on <*>'],
    ['id 550e8400-e29b-41d4-a716-446655440000 gone', 'id <*> gone'],
    ['value 0x7fed806eb5d deadbeef1234', 'value <*> <*>'],
    ['said "hello there world" twice', 'said "<*>" twice'],
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
  // What keeps coming is not what is forgotten.
  assert.equal(miner.add('ERROR pool of orders is exhausted').id, family.id);
});
