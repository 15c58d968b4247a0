import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPORT } from '../../../../src/pipeline/otlp/protocol.ts';
import { tooManyJson, tooManyProtobuf } from '../../../../src/pipeline/sources/otlp/parts.ts';
import { logsRequest } from './harness.ts';

test('parts are counted through every kind of nesting, and what is no request ends the count', () => {
  const value = (depth: number): object =>
    depth === 0 ? { stringValue: 'x' } : { arrayValue: { values: [value(depth - 1)] } };
  const request = logsRequest(3, 'a');
  request.resourceLogs![0]!.resource = { attributes: [{ key: 'k', value: value(5) }] };
  request.resourceLogs![0]!.scopeLogs![0]!.logRecords![0]!.attributes = [
    { key: 'k', value: { kvlistValue: { values: [{ key: 'in', value: value(2) }] } } },
  ];
  const bytes = EXPORT.requestSerialize(request);
  let parts = 1;
  while (tooManyProtobuf(bytes, parts)) parts += 1;
  assert.ok(parts > 30 && parts < 80, String(parts));
  for (let end = 0; end < bytes.length; end += 1) tooManyProtobuf(bytes.subarray(0, end));
  for (let seed = 0; seed < 2_000; seed += 1) {
    const noise = Buffer.from(bytes);
    noise[(seed * 7) % noise.length] = (seed * 31) & 255;
    tooManyProtobuf(noise);
  }
  assert.equal(tooManyJson(Buffer.from('{"a":"\\\\",'.padEnd(60, '['), 'utf8'), 20), true);
  assert.equal(tooManyJson(Buffer.from(`{"a":"${'\\"[{,'.repeat(50)}"}`), 20), false);
});
