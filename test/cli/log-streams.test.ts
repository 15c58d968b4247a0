import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLogStreams, readLogStreams, serviceOfStream } from '../../src/cli/log-streams.ts';
import { createNormalizer } from '../../src/pipeline/normalize/normalize.ts';

/** The records that the pipeline makes of a file of streams. */
function recordsOf(content: Record<string, string | string[]>) {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-streams-'));
  try {
    const file = join(dir, 'streams.json');
    writeFileSync(file, JSON.stringify(content));
    utimesSync(file, 1_600_000_000, 1_600_000_000);
    const normalize = createNormalizer({ timeZone: 'UTC' });
    return [...readLogStreams(file, 'UTC')].flat().map(normalize);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const iso = (at: number): string => new Date(at).toISOString();

test('a stream belongs to the service its name begins with', () => {
  assert.equal(serviceOfStream('cart', ['cart']), 'cart');
  assert.equal(serviceOfStream('cart.previous', ['cart.previous']), 'cart');
  assert.equal(serviceOfStream('cart.proxy', ['cart', 'cart.proxy']), 'cart');
  assert.equal(serviceOfStream('cart.proxy.previous', ['cart.proxy.previous']), 'cart');
  assert.equal(serviceOfStream('shop.example.com', ['shop.example.com']), 'shop.example.com');
});

test('a service named inside a line does not override the stream, which is kept beside it', () => {
  const records = recordsOf({
    cart: ['{"time":"2026-03-01T10:00:00Z","service":"mesh","msg":"ready"}'],
    'cart.proxy': ['2026-03-01T10:00:01Z node-1 envoy[7]: upstream reset'],
  });
  assert.deepEqual(
    records.map(({ service, attributes }) => [service, attributes.stream]),
    [
      ['cart', 'cart'],
      ['cart', 'cart.proxy'],
    ],
  );
});

test('a line without a time gets the time of its neighbours, never the present one', () => {
  const records = recordsOf({
    cart: 'banner\n2026-03-01T10:00:00Z up\n  at frame\n2026-03-01T10:05:00Z down',
    'cart.previous': 'panic: gone',
    mailer: ['no time at all'],
    stock: ['2026-03-01T11:00:00Z up'],
  });
  assert.deepEqual(
    records.map((record) => iso(record.timestamp).slice(11, 16)),
    ['10:00', '10:00', '10:00', '10:05', '10:00', '11:00', '11:00'],
  );
  const [timeless] = recordsOf({ cart: 'panic: gone' });
  assert.equal(timeless!.timestamp, 1_600_000_000_000);
});

test('times without a zone get the zone that lines with two times show, also before a restart', () => {
  const records = recordsOf({
    cart: [
      '2026-03-01T19:00:00.120+09:00 2026-03-01 19:00:00.119 INFO ready',
      '2026-03-01T19:00:09.500+09:00 2026-03-01 19:00:09.499 ERROR out of stock',
    ],
    'cart.previous': ['2026-03-01 18:59:30.000 ERROR giving up'],
    mail: ['2026-03-01T10:00:05Z 2026-03-01 10:00:05 sent'],
    'mail.previous': ['2026-03-01 09:59:59 stopped'],
    bank: ['2026-03-01 19:00:07 ready'],
  });
  assert.deepEqual(
    records
      .filter(({ line }) => !line.includes('T'))
      .map(({ service, timestamp }) => [service, iso(timestamp)]),
    [
      ['cart', '2026-03-01T09:59:30.000Z'],
      ['mail', '2026-03-01T09:59:59.000Z'],
      ['bank', '2026-03-01T10:00:07.000Z'],
    ],
  );
});

test('a last line dated in the future gives its time to no other line', () => {
  const records = recordsOf({
    cart: ['2020-03-01T10:00:00Z INFO ready', '2190-03-01T10:00:00Z INFO broken clock'],
    'cart.proxy': ['no space left on device'],
    desk: ['2020-03-01T10:00:05Z INFO page served'],
    plain: ['cannot open the ledger'],
  });
  const at = (message: string) => records.find((record) => record.message.includes(message))!.timestamp;
  assert.equal(iso(at('cannot open')), '2020-03-01T10:00:05.000Z');
  const future = recordsOf({ cart: ['2190-03-01T10:00:00Z INFO ready'], plain: ['cannot open the ledger'] });
  assert.equal(iso(future[1]!.timestamp), '2190-03-01T10:00:00.000Z');
});

test('a .json file of another shape is a log file, a collection is told by its content', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-shape-'));
  try {
    const path = join(dir, 'logs.json');
    const is = (content: string): boolean => {
      writeFileSync(path, content);
      return isLogStreams(path);
    };
    const line = '{"level":"info","msg":"up"}';
    for (const other of [
      line,
      `${line}\n${line}\n`,
      `[${line},\n${line}]`,
      '{\n "level": "info",\n "n": 1\n}',
      '',
      'up',
    ])
      assert.equal(is(other), false, other);
    for (const collection of [
      '{"web": "one\\ntwo"}',
      '{"web": ["one", "two"], "db": []}',
      '{\n "level": ["one"]\n}',
      '{"message": "one\\ntwo"}',
    ])
      assert.equal(is(collection), true, collection);
    assert.equal(isLogStreams(join(dir, 'missing.json')), false);
    assert.equal(isLogStreams(join(dir, 'web.log')), false);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
