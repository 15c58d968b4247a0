import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsSoFar, readObject } from '../../../src/analysis/model/reply.ts';
import { replySchema } from '../../../src/analysis/verify/claim.ts';
import { AppError } from '../../../src/domain/errors.ts';

const CLAIM = { type: 'count', of: 'S1', than: '' };

test('a reply is read from JSON, from fences, cut off, or with single quotes', () => {
  const good = JSON.stringify({ claims: [CLAIM] });
  for (const raw of [
    good,
    `\`\`\`json\n${good}\n\`\`\``,
    `Sure! ${good} Hope this helps.`,
    `${good.slice(0, -2)},{"type":"ord`,
    "{'claims':[{'type':'count','of':'S1'}]}",
  ])
    assert.deepEqual(readObject(raw, replySchema).claims[0], CLAIM, raw);
});

test('thoughts before a reply are no part of it, whatever they hold', () => {
  const good = JSON.stringify({ claims: [CLAIM] });
  const other = '{"claims": [{"type": "absence", "of": "S2", "than": ""}]}';
  for (const raw of [
    `<think>\nMaybe ${other}, or {not} this?\n</think>\n\n${good}`,
    `Maybe ${other}.\n</think>${good}`,
    `<|channel>thought\nIs it ${other}?<channel|>${good}`,
    `<|channel|>analysis<|message|>${other}<|end|><|start|>assistant<|channel|>final<|message|>${good}`,
    `The form is {claims}. I say: ${good}`,
    `First ${other}; no: ${good}`,
  ])
    assert.deepEqual(readObject(raw, replySchema).claims, [CLAIM], raw);
  // A mark behind the reply ends nothing.
  assert.deepEqual(readObject(`${good}</think>`, replySchema).claims, [CLAIM]);
});

test('nothing of thoughts is shown while they arrive', () => {
  const begun = '{"claims":[{"type":"count","of":"S1","than":""},{"ty';
  assert.deepEqual(claimsSoFar(`<think>${begun}`), []);
  assert.deepEqual(claimsSoFar(`I think ${begun}`), []);
  assert.deepEqual(claimsSoFar(`<think>{"claims":[]}</think>\n${begun}`), [CLAIM]);
});

test('what is no reply is malformed', () => {
  for (const raw of ['', 'I cannot help.', '{}', '[]', '{"explanation":"It broke."}', '{"claims":5'])
    assert.throws(
      () => readObject(raw, replySchema),
      (error) => error instanceof AppError && error.code === 'malformed',
      raw,
    );
});

test('a claim of no known form is kept as a gap, so that it is counted', () => {
  const { claims } = readObject('{"claims":[{"type":"calm","of":"S1"},{"of":3}]}', replySchema);
  assert.deepEqual(claims, [undefined, undefined]);
});

test('where no form was enforced, ids and types are read as they are usually written', () => {
  const said = [
    { type: 'Ruled out', of: 'S3 till-gate', than: null },
    { type: 'effect', of: '[M2]', than: '(S1)' },
    { type: 'since', of: ' M4' },
    { type: 'count', of: 'till-gate', than: '' },
  ];
  assert.deepEqual(readObject(JSON.stringify({ claims: said }), replySchema).claims, [
    { type: 'ruled_out', of: 'S3', than: '' },
    { type: 'effect', of: 'M2', than: 'S1' },
    { type: 'since', of: 'M4', than: '' },
    { type: 'count', of: 'till-gate', than: '' },
  ]);
});

test('claims are read while they arrive, each when the next one begins', () => {
  assert.deepEqual(claimsSoFar('{"cla'), []);
  assert.deepEqual(claimsSoFar('{"claims":[{"type":"count","of":"S1","than":""}'), []);
  assert.deepEqual(claimsSoFar('{"claims":[{"type":"count","of":"S1","than":""},{"ty'), [CLAIM]);
  assert.deepEqual(claimsSoFar('```json\n{"claims":[{"type":"count","of":"S1"},{'), [CLAIM]);
});
