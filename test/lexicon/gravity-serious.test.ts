import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Level, LogRecord } from '../../src/domain/log/record.ts';
import {
  CALM,
  FAILURE,
  GRAVE,
  gravityOfWords,
  isHandled,
  isStranger,
  SERIOUS,
} from '../../src/lexicon/gravity.ts';

const said = (level: Level, message: string, attributes: LogRecord['attributes'] = {}) =>
  gravityOfWords({ level, message, attributes } as LogRecord);

test('a failure at the last of its tries is serious, one that is tried again is not', () => {
  assert.equal(said('error', 'parcel 88: attempt 4 of 4 failed: label printer off'), SERIOUS);
  assert.equal(said('warn', 'parcel 88: attempt 3 of 4 failed: label printer off'), FAILURE);
  assert.equal(said('error', '문자 발송 실패 (재시도 5/5)'), SERIOUS);
  assert.equal(said('error', 'report failed', { retries: 6, max_retries: 6 }), SERIOUS);
  assert.equal(said('error', 'report failed', { retries: 2, max_retries: 6 }), FAILURE);
  assert.equal(said('info', 'try 3/3 went through'), CALM);
});

test('a peer that is lost is serious, one that was shut down on purpose is not', () => {
  assert.equal(said('info', 'neighbor 192.0.2.77 Down, hold time expired'), SERIOUS);
  assert.equal(said('warn', 'replica eu-2 is down, no answer for 40 s'), SERIOUS);
  assert.equal(said('info', 'neighbor 192.0.2.77 Up'), CALM);
  assert.equal(said('info', 'peer 192.0.2.77 went down: administrative shutdown'), CALM);
  assert.equal(said('info', 'the server is shutting down'), CALM);
});

test('stored data that are not what they should be are grave', () => {
  assert.equal(said('error', 'archive 12: sha256 ab12 != cd34'), GRAVE);
  assert.equal(said('error', 'verify: 4 inconsistent'), GRAVE);
  assert.equal(said('info', 'verify: 812 objects, 0 inconsistent'), CALM);
});

test('an exit by signal 15 is not grave, another one is', () => {
  assert.equal(said('info', 'worker exited with code 143'), CALM);
  assert.equal(said('info', 'worker exited with code 2'), GRAVE);
});

test('clients that went away are strangers, a server that is away is none', () => {
  assert.ok(isStranger('connection of client 10.1.2.3:40112 lost'));
  assert.ok(!isStranger('client could not reach the broker, connection lost'));
  assert.ok(isHandled('no locale, using default'));
  assert.ok(!isHandled('ledger of May could not be closed'));
});
