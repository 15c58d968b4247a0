import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLooseJson } from '../../../src/domain/log/loose-json.ts';

test('JSON as Python, JavaScript, C and hand-written producers make it', () => {
  for (const [text, expected] of [
    ['{"a":NaN,"b":-Infinity,"c":[Infinity, NaN ],"d":-1}', { a: null, b: null, c: [null, null], d: -1 }],
    ['NaN', null],
    ['{"a":1}\0', { a: 1 }],
    ['\ufeff {"a":1}\r\n\0\0 \n', { a: 1 }],
    ['{"a":"one\ntwo\tthree\\n"}', { a: 'one\ntwo\tthree\n' }],
    ['{"a\n":"NaN, \\"Infinity\\"","b":NaN}', { 'a\n': 'NaN, "Infinity"', b: null }],
    ['{"한글":"말\u0001"}', { 한글: '말\u0001' }],
    ['{"a": "-Infinity"}', { a: '-Infinity' }],
  ] as const)
    assert.deepEqual(parseLooseJson(text), expected, JSON.stringify(text));
});

test('what leaves a question is no JSON', () => {
  for (const text of [
    '',
    '\0',
    "{'a':1}",
    '{"a":NaNa}',
    '{"a":nan}',
    '{"a":None}',
    '{"a":+Infinity}',
    '{"a":1,}',
    '{"a":"b',
    '{"a":1}\0{"b":2}',
    '{a:1}',
    '{"a":\\',
  ])
    assert.throws(() => parseLooseJson(text), SyntaxError, JSON.stringify(text));
});

test('megabytes of what may be repaired, nested and not', () => {
  const many = 300_000;
  assert.equal((parseLooseJson(`[${'NaN,'.repeat(many)}NaN]`) as unknown[]).length, many + 1);
  assert.equal((parseLooseJson(`{"a":"${'\n'.repeat(many)}"}`) as { a: string }).a.length, many);
  assert.throws(() => parseLooseJson('"'.repeat(many + 1)), SyntaxError);
  assert.throws(() => parseLooseJson(`${'['.repeat(many)}NaN`), SyntaxError);
});
