import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analyst, drain, whyQuestion } from '../harness.ts';

/** @param catalogue services that are known to exist */
async function answerOver(records: LogRecord[], catalogue: string[] = []): Promise<Answer> {
  const asked = analyst({ logs: readerOver(records) }).ask(whyQuestion(), { catalogue });
  return (await drain(asked)).answer;
}

test('a service of the catalogue can be named though it wrote nothing', async () => {
  const records = Array.from({ length: 20 }, (_, i) => [
    record(NOON + i * 1_000, 'basket', 'error', 'request to ledger failed: timeout'),
    record(NOON + i * 1_000, 'parcel', 'error', 'ledger gave no answer in time: timeout'),
  ]).flat();
  const without = await answerOver(records);
  assert.ok(!without.causes.some((cause) => cause.service === 'ledger'));
  const known = await answerOver(records, ['basket', 'parcel', 'ledger']);
  assert.equal(known.causes[0]?.service, 'ledger');
});

test('an address that no service is known by leads to the only known service that wrote nothing, and the answer says so', async () => {
  const records = Array.from({ length: 20 }, (_, i) => [
    record(NOON + i * 1_000, 'basket', 'error', 'dial tcp 10.1.2.3:7301: connection refused'),
    record(NOON + i * 1_000, 'parcel', 'info', `parcel ${i} sent`),
  ]).flat();
  const known = await answerOver(records, ['basket', 'parcel', 'ledger']);
  assert.equal(known.causes[0]?.service, 'ledger');
  assert.match(known.causes[0]!.cause, /20 lines of basket fail at an address nobody is known by/);
  const two = await answerOver(records, ['basket', 'parcel', 'ledger', 'stamps']);
  assert.ok(
    !two.causes.some((cause) => cause.service === 'ledger'),
    'two could be meant: neither is accused',
  );
});
