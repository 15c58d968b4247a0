import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureKind, recordFailure, uncommonFailure } from '../../../src/analysis/logs/failure.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

test('the reason of a structured line is read from its own field', () => {
  const entry = record(NOON, 'a', 'error', 'request error', {
    attributes: { error: 'dial tcp: lookup billing on 10.0.0.2:53: no such host' },
  });
  assert.equal(recordFailure(entry), 'dns');
});

test('failure vocabulary: kinds, and lines that only look like failures', () => {
  assert.equal(failureKind('java.lang.OutOfMemoryError: Java heap space'), 'memory');
  assert.equal(failureKind('remaining connection slots are reserved'), 'pool');
  assert.equal(failureKind('데이터베이스 연결이 거부되었습니다'), 'refused');
  assert.equal(failureKind('Error: no se pudo conectar al nodo 7'), 'refused');
  assert.equal(failureKind('узел 7 не отвечает'), 'timeout');
  assert.equal(failureKind('Abschluss ohne Fehler'), undefined);
  assert.equal(failureKind('request finished'), undefined);
  assert.equal(recordFailure(record(NOON, 'a', 'info', 'finished with 0 errors')), undefined);
  assert.equal(recordFailure(record(NOON, 'a', 'info', 'registered error handler')), undefined);
  assert.equal(
    recordFailure(record(NOON, 'a', 'error', '    at com.shop.Cart.add(Cart.java:41)')),
    undefined,
  );
});

test('limits, storage, ends of processes and their calm twins are told by their words, whoever says them', () => {
  const told: [string, string | undefined][] = [
    ['silo storage watermark exceeded on node 3', 'disk'],
    ['storage watermark is 80 %', undefined],
    ['volume resource limit alarm set', 'disk'],
    ['volume resource limit alarm cleared', undefined],
    ['mill-fs error (device sdq): cannot read the table', 'disk'],
    ['the device \\Device\\Tape0 has a bad block', 'disk'],
    ['I/O error on POST request: no answer', undefined],
    ['GC overhead limit exceeded', 'memory'],
    ['miller did not exit successfully (signal: 9)', 'crash'],
    ['miller has exited successfully', undefined],
    ['grinder exited with code 137', 'crash'],
    ['grinder exited with code 0', undefined],
    ['received SIGTERM, shutting down', undefined],
    ['Killed', 'crash'],
    ['sieve.service: Failed with result timeout', 'crash'],
    ['분쇄기가 강제 종료되었습니다', 'crash'],
    ['인증서가 만료되었습니다', 'tls'],
  ];
  for (const [message, kind] of told)
    assert.equal(recordFailure(record(NOON, 'mill', 'info', message)), kind, message);
});

test('a file that a client asked for in vain is no failure of the server; one that a program needs is', () => {
  const told: [string, string][] = [
    [
      'open() "/srv/pages/fav.ico" failed (2: No such file or directory), client: 10.0.0.4, request: "GET /fav.ico"',
      'route',
    ],
    ['[client 10.0.0.4:4711] File does not exist: /srv/pages/old.html', 'route'],
    ['cannot read /etc/mill.conf: no such file or directory', 'config'],
    ['blocked by: [FORBIDDEN, index read-only]', 'unavailable'],
    ['forbidden: no rights to grind', 'auth'],
  ];
  for (const [message, kind] of told)
    assert.equal(recordFailure(record(NOON, 'mill', 'error', message)), kind, message);
});

test('a handled traceback is no crash, a bare one is', () => {
  const trace = 'Traceback (most recent call last):\n  File "/m.py", line 3, in turn\nStoneError: cracked';
  assert.equal(recordFailure(record(NOON, 'mill', 'error', `could not serve /grind\n${trace}`)), 'error');
  assert.equal(recordFailure(record(NOON, 'mill', 'error', trace)), 'crash');
});

test('what passed, what is empty and what was asked for in vain are no failures of the service, at any level', () => {
  const of = (message: string) => recordFailure(record(NOON, 'mill', 'error', message));
  assert.equal(of('ok 12 - tells "Error: belt torn" of a torn belt'), undefined);
  assert.equal(of('not ok 13 - belt is whole'), 'error');
  assert.equal(of('  fatal: false'), undefined);
  assert.equal(of('[3f2a-11] '), undefined);
  assert.equal(of('No route matches [GET] "/wp-admin"'), 'route');
});

test('calm lines that tell of a failure count where such lines are new; warnings only against a time before', () => {
  const info = record(NOON, 'mill', 'info', 'could not weigh sack 4');
  const warning = record(NOON, 'mill', 'warn', 'stone 2 turns at 40 rpm');
  assert.equal(recordFailure(info), undefined);
  assert.equal(uncommonFailure(info, false), 'error');
  assert.equal(uncommonFailure(warning, true), 'error');
  assert.equal(
    uncommonFailure(record(NOON, 'mill', 'info', 'giving up on stone 3 after 4 turns'), true),
    'error',
  );
  assert.equal(uncommonFailure(warning, false), undefined);
  assert.equal(
    uncommonFailure(record(NOON, 'mill', 'info', 'sack 4 failed, retrying in 5s'), true),
    undefined,
  );
  assert.equal(uncommonFailure(record(NOON, 'mill', 'info', 'sack 4 weighed'), true), undefined);
});
