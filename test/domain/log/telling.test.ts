import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonLine, tellingText } from '../../../src/domain/log/telling.ts';

const said = (
  message: string,
  more: { attributes?: Record<string, string>; request?: object } = {},
): string => tellingText({ message, attributes: {}, ...more } as Parameters<typeof tellingText>[0]);

test('a message keeps its real values, on one line', () => {
  assert.equal(said('connection pool exhausted (20/20)'), 'connection pool exhausted (20/20)');
  assert.equal(said('  disk\t  full \n'), 'disk full');
  assert.equal(said('[   12.345678] usb 1-1: device gone'), 'usb 1-1: device gone');
  assert.equal(said('[12] of 20 workers left'), '[12] of 20 workers left');
});

test('a trace is told by its first line and its reason', () => {
  const python = [
    'Traceback (most recent call last):',
    '  File "/srv/a.py", line 3, in pay',
    '    total = 1 / 0',
    'ZeroDivisionError: division by zero',
  ];
  assert.equal(said(python.join('\n')), 'ZeroDivisionError: division by zero');
  assert.equal(
    said(['cannot pay order 7', ...python].join('\n')),
    'cannot pay order 7: ZeroDivisionError: division by zero',
  );
  const java = [
    'Servlet failed',
    'org.acme.store.StoreException: no store',
    '\tat org.acme.store.Store.open(Store.java:14)',
    'Caused by: java.net.ConnectException: Connection refused',
    '\tat java.net.Socket.connect(Socket.java:591)',
    '\t... 34 more',
  ];
  assert.equal(said(java.join('\n')), 'Servlet failed: ConnectException: Connection refused');
  assert.equal(reasonLine(java), 'java.net.ConnectException: Connection refused');
  // Indented lines and sentences are no reason.
  assert.equal(reasonLine(['started', '  port: 80', 'all went well: ready']), undefined);
  assert.equal(reasonLine(['OnlyLine: here']), undefined);
});

test('the reason of a structured line follows its message', () => {
  assert.equal(
    said('cache write failed', { attributes: { key: 'a', error: 'dial tcp 10.0.0.7:6379: i/o timeout' } }),
    'cache write failed: dial tcp 10.0.0.7:6379: i/o timeout',
  );
  assert.equal(said('no route: timeout', { attributes: { error: 'timeout' } }), 'no route: timeout');
  assert.equal(
    said('"Cannot start" err="no image" unit="a"', { attributes: { err: 'no image', unit: 'a' } }),
    'Cannot start: no image',
  );
  assert.equal(said('done', { attributes: { note: 'x' } }), 'done');
});

test('a request is told by its endpoint and status', () => {
  const request = { endpoint: 'POST /pay', status: 502 };
  assert.equal(said('"POST /pay HTTP/1.1" 502 31 "-" "curl"', { request }), 'POST /pay → 502');
  assert.equal(
    said('request', { request, attributes: { error: 'upstream gone' } }),
    'POST /pay → 502: upstream gone',
  );
  assert.equal(said('charge declined by the bank', { request }), 'charge declined by the bank');
});

test('what is endless is cut, in linear time', () => {
  for (const text of [
    'x'.repeat(1e6),
    'a: '.repeat(4e5),
    'a.'.repeat(5e5),
    '\n'.repeat(1e6),
    '👍'.repeat(1e5),
  ]) {
    const short = said(`m\n${text}`);
    assert.ok(short.length <= 240 && short.isWellFormed());
    assert.ok(said(text).length <= 240);
  }
});

test('fields and a level before the message are no part of it', () => {
  assert.equal(said('request_id=F95222 user=7 [error] belt 3 torn'), 'belt 3 torn');
  assert.equal(said('request_id=F95222 [error] ** (Mill.BeltError) torn'), 'Mill.BeltError: torn');
  assert.equal(said('user=7 belt 3 torn [error]'), 'user=7 belt 3 torn [error]');
});

test('a reason without quotes is read to its end; one that is too long is told by its innermost part', () => {
  assert.equal(
    said('charge failed err=cannot reach the mill host=a.example', { attributes: { err: 'cannot' } }),
    'charge failed: cannot reach the mill',
  );
  assert.equal(
    said('charge failed err=refused host=a', { attributes: { err: 'refused' } }),
    'charge failed: refused',
  );
  const long = `error trying to connect: error:0A000086:SSL routines:${'tls_post_process_'.repeat(2)}:certificate has expired`;
  assert.match(
    said('charge failed', { attributes: { err: long } }),
    /^charge failed: .*certificate has expired$/,
  );
});
