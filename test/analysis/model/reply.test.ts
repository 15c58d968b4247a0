import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explanationSoFar, readReply } from '../../../src/analysis/model/reply.ts';
import { AppError } from '../../../src/domain/errors.ts';

test('a reply is read from JSON, from fences, cut off, or with single quotes', () => {
  const good = '{"explanation":"It broke.","root_cause":"a","quotes":[]}';
  for (const raw of [
    good,
    `\`\`\`json\n${good}\n\`\`\``,
    `Sure! ${good} Hope this helps.`,
    '{"explanation":"It broke.","root_cause":"unfinish',
    "{'explanation':'It broke.'}",
  ])
    assert.equal(readReply(raw).explanation, 'It broke.', raw);
});

test('what is no reply is malformed', () => {
  for (const raw of ['', 'I cannot help.', '{}', '[]', '{"explanation":""}', '{"explanation":5'])
    assert.throws(
      () => readReply(raw),
      (error) => error instanceof AppError && error.code === 'malformed',
      raw,
    );
});

test('the explanation is read while it grows', () => {
  assert.equal(explanationSoFar('{"expl'), undefined);
  assert.deepEqual(explanationSoFar('{"explanation":"The po'), { text: 'The po', ended: false });
  assert.deepEqual(explanationSoFar('{"explanation":"The pool.","root'), { text: 'The pool.', ended: true });
  assert.deepEqual(explanationSoFar('```json\n{"explanation":"한글 \\u'), { text: '한글 ', ended: false });
});
