import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellingWords } from '../../../src/analysis/logs/clause.ts';
import { recordFailure } from '../../../src/analysis/logs/failure.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

const wordsOf = (message: string, over: Partial<LogRecord> = {}): string | undefined => {
  const line = record(NOON, 'mill', 'error', message, over);
  return tellingWords(line, recordFailure(line) ?? 'error');
};

test('the words of a line are its clause that tells of the failure, with its values, without header, time and ids', () => {
  const told: [string, string][] = [
    ['gear box stuck at 40 rpm', 'gear box stuck at 40 rpm'],
    ['[worker 7] ERROR: belt 3 torn', 'belt 3 torn'],
    ['##[error]Packing ended with exit code 3.', 'Packing ended with exit code 3'],
    ['miller@grist FATAL:  sorry, too many clients already', 'sorry, too many clients already'],
    ['Sieve opened. Sieve 4 failed to close. Next one', 'Sieve 4 failed to close'],
    [
      'order 550e8400-e29b-41d4-a716-446655440000 lost at 2026-02-03T10:00:00.123Z, trace_id=ab12cd34',
      'order lost at',
    ],
    ['cannot log in with password=hunter2 at the mill', 'cannot log in with at the mill'],
  ];
  for (const [message, words] of told) assert.equal(wordsOf(message), words);
});

test('of a stack trace the innermost reason is told, of a request its endpoint and status', () => {
  assert.equal(
    wordsOf(
      'Grinding failed\ncom.mill.grist.GrindException: stone 2\n\tat com.mill.Stone.turn(Stone.java:7)\nCaused by: java.io.IOException: No space left on device\n\tat x.Y.z(Y.java:1)',
    ),
    'IOException: No space left on device',
  );
  assert.equal(
    wordsOf(
      'could not grind\nTraceback (most recent call last):\n  File "/mill/stone.py", line 3, in turn\n    turn(2)\nStoneError: stone 2 is cracked',
    ),
    'StoneError: stone 2 is cracked',
  );
  assert.equal(
    wordsOf('"POST /flour HTTP/1.1" 502 17', { request: { endpoint: 'POST /flour', status: 502 } }),
    'POST /flour 502',
  );
});

test('long lines are cut around the word that tells, and lines without words tell nothing', () => {
  const words = wordsOf(`${'sack and barrel '.repeat(20)}was lost since the lift failed at floor 7`)!;
  assert.ok(words.length <= 145, words);
  assert.match(words, /the lift failed/);
  assert.equal(wordsOf('17 ---- 4711'), undefined);
});

test('an id of the error and a place in the code are no reason, and what brackets held is not missed', () => {
  const attributes = { err_id: 'xa392aa2', err_trace: 'gate.statusError (gate.go:1373)' };
  assert.equal(
    wordsOf('dial tcp 10.0.4.17:9000: connection refused', { attributes }),
    'dial tcp 10.0.4.17:9000: connection refused',
  );
  assert.equal(
    wordsOf('cannot dial', { attributes: { err: 'connection refused by 10.0.4.17', ...attributes } }),
    'cannot dial: connection refused by 10.0.4.17',
  );
  assert.equal(wordsOf('GristException (0x80131904): belt 3 torn'), 'GristException: belt 3 torn');
  assert.equal(
    wordsOf('request_id=F95222BEF23BAC5ACEDD user=7 [error] ** (Grist.BeltError) belt 3 torn'),
    'Grist.BeltError: belt 3 torn',
  );
});

test('of a chain that is too long the innermost is told', () => {
  const chain = `charge of the miller failed err=error trying to connect to the acquirer: error:0A000086:SSL routines:${'tls_post_process'.repeat(2)}:certificate verify failed (certificate has expired) host=a.example`;
  assert.match(wordsOf(chain)!, /certificate has expired\)/);
});
