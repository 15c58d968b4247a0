import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGrave, isStranger, tellsOfFailure } from '../../src/lexicon/gravity.ts';

const GRAVE = [
  'Out of memory: Killed process 311 (indexer) total-vm:81kB',
  'ledgerd invoked oom-killer: order=0',
  'tally.service: Failed with result "oom-kill".',
  'tally.service: Main process exited, code=exited, status=1/FAILURE',
  'XFS-fs error (device sdb1): metadata read',
  'write /var/spool/q7: no space left on device',
  'the volume, Disk4, has a bad block.',
  'segment 7: checksum mismatch at offset 4096',
  'verification failed, calculated page checksum 3 but expected 4',
  'index 12 is corrupted',
  'panic: runtime error: index out of range',
  "thread 'main' panicked at src/lib.rs:3",
  'worker 4 (pid 77) exited on signal 9 (SIGKILL)',
  'container tally exited (137)',
  'x509: certificate has expired or is not yet valid',
  'Process completed with exit code 1.',
  'Exit status 2',
  'BUILD FAILED in 3s',
  'make: *** [Makefile:12: all] Error 2',
  'Tests: 1 failed, 61 passed, 62 total',
  'На устройстве не осталось свободного места',
  'Auf dem Gerät ist kein Speicherplatz mehr verfügbar',
  '메모리 부족으로 프로세스를 강제 종료했습니다',
  '디스크 공간이 부족합니다',
  '원장 데이터 손상 감지',
  '인증서가 만료되었습니다',
];
const NOT_GRAVE = [
  'no corruption found',
  'scrub finished: no data corruption found',
  'disk error count: 0',
  'corruption: none',
  'recovered from panic in handler',
  'registering panic handler',
  'ok 12 - handles out of memory',
  'checking for data corruption',
  'checksum ok',
  'Process completed with exit code 0.',
  'child 12 exited with status 0',
  'received SIGTERM, shutting down',
  'certificate expires in 20 days',
  'BUILD SUCCESSFUL in 3s',
  'Tests: 62 passed, 62 total',
  'genügend Speicherplatz verfügbar, keine Fehler',
  '磁盘空间不足的故障已恢复',
  '데이터 손상 없음',
  '디스크 공간 점검 완료',
];
const FAILURES = [
  'upstream refused the connection',
  'call to ledger timed out after 300 ms',
  'retry 2/5 for job 12',
  'could not reach the ledger',
  'kiln 3: protection tripped',
  'feeder inoperative',
  'paper shortage in tray 2',
  'silo 4: low level alarm',
  'tablespace LEDGER: 99 % utilization reached',
  'Verbindung zu Knoten 7 abgelehnt',
  '결제 요청 실패',
  '응답 시간 초과',
];
const CALM = [
  'job 12 succeeded after 2 retries',
  'connection restored after the error',
  'timeout=30s',
  'finished with 0 errors',
  'errors: 0, retries: 0',
  'served page 12 in 3 ms',
  'silo 4: low level alarm cleared',
  'kiln 3: over-temperature alarm was reset',
  'tablespace LEDGER: 41 % utilization',
  'error corregido, conexión restablecida',
  '연결 오류에서 복구됨',
  'item 12 not found: lookup failed',
];

describe('what a line says of how grave it is', () => {
  for (const text of GRAVE) test(`grave: ${text}`, () => assert.ok(isGrave(text)));
  for (const text of NOT_GRAVE) test(`not grave: ${text}`, () => assert.ok(!isGrave(text)));
  for (const text of FAILURES)
    test(`a failure: ${text}`, () => assert.ok(tellsOfFailure(text) && !isGrave(text)));
  for (const text of CALM) test(`calm: ${text}`, () => assert.ok(!tellsOfFailure(text)));

  test('a denied phrase does not hide a later one', () => {
    assert.ok(isGrave('no data loss, but the index is corrupted'));
  });

  test('strangers who may not enter are no failure; a login of ours that fails is one', () => {
    assert.ok(isStranger('Failed password for root from 203.0.113.9 port 4711'));
    assert.ok(isStranger('Connection closed by invalid user admin 203.0.113.9'));
    assert.ok(!isStranger('password authentication failed for user "ledger"'));
  });
});

test('the end of one alarm hides no failure beside it', () => {
  for (const text of [
    'buffer overflow: connection reset by peer',
    'server overloaded, connection reset by peer',
    'round trip failed: connection reset',
    'job failed; overall state normal',
    'overnight batch failed after reset',
    'alarm service crashed and over',
    'alarm service crashed and cleared',
    'alarm cleared, pump 3 failed',
  ])
    assert.ok(tellsOfFailure(text), text);
  for (const text of ['low pressure alarm cleared on pump 3', 'overtemperature of kiln 3 is back to normal'])
    assert.ok(!tellsOfFailure(text), text);
});

test('a percentage is a failure where it follows what it measures, as a whole number', () => {
  for (const text of ['cpu usage: 97 %', 'disk utilization is at 99.5%', 'usage of tier 3 100%'])
    assert.ok(tellsOfFailure(text), text);
  for (const text of [
    'cpu usage 0.97%',
    'cpu usage: 1.98 % of 4 cores',
    'memory 0.99% used',
    'battery 100% full',
    'coupon gives 100% full refund',
    'cache hit 99% at low usage',
    'low usage, cache hit 99%',
    'usage is below 95%',
    'usage 197%',
  ])
    assert.ok(!tellsOfFailure(text), text);
});
