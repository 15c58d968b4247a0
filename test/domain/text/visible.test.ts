import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortJson } from '../../../src/domain/log/short-json.ts';
import { visible, visibleField, visibleJson } from '../../../src/domain/text/visible.ts';

/** Every character that a screen obeys or does not show. */
function* unseen(): Generator<string> {
  for (let code = 0; code < 0xa0; code += 1)
    if ((code < 0x20 && code !== 9 && code !== 10) || code > 0x7e) yield String.fromCharCode(code);
  for (const code of [0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x2060, 0x3164, 0xad, 0xfeff, 0xffa0])
    yield String.fromCharCode(code);
  for (let code = 0x202a; code <= 0x202e; code += 1) yield String.fromCharCode(code);
  for (let code = 0x2066; code <= 0x2069; code += 1) yield String.fromCharCode(code);
  yield '\u{e0041}';
  yield '\ud83d';
  yield '\ude00';
}

test('all that a screen obeys or does not show is shown, and nothing grows', () => {
  for (const char of unseen()) {
    for (const shown of [visible(`a${char}b`), visibleField(`a${char}b`)]) {
      assert.ok(!shown.includes(char), JSON.stringify(char));
      assert.ok(shown.length <= 2 + char.length && shown.startsWith('a') && shown.endsWith('b'));
    }
  }
  assert.equal(visible('\u001b]52;c;aGk=\u0007 \r\u0008'), '␛]52;c;aGk=␇ ␍␈');
});

test('newlines and tabs stay in a text and not in a field', () => {
  assert.equal(visible('a\n\tb'), 'a\n\tb');
  assert.equal(visibleField('a\n\tb'), 'a␊ b');
});

test('what people write stays as it is', () => {
  for (const text of [
    'plain ASCII ~ {"a": 1}',
    '한글과 조합형 \u1112\u1161\u11ab, 漢字, かな',
    '👨‍👩‍👧‍👦 ❤️ 🇰🇷 1️⃣',
    'می‌خواهم שלום क्‍ष',
    'e\u0301 ÿ ¡',
  ])
    assert.equal(visible(text), text);
  // Between plain letters a joiner has nothing to join: it only makes two words look alike.
  assert.equal(visible('pass\u200dword a\u200c\u200cb'), 'pass�word a��b');
});

test('JSON stays the same value, and holds nothing a terminal obeys', () => {
  for (const char of unseen()) {
    const value = { [`k${char}`]: [`v${char}"\\`, char] };
    const json = visibleJson(JSON.stringify(value));
    assert.deepEqual(JSON.parse(json), value);
    assert.equal(visible(json), json, JSON.stringify(char));
  }
});

test('the beginning of a JSON text is that of JSON.stringify, and depth is no trouble', () => {
  const values = [
    1,
    'a"\n',
    null,
    true,
    [],
    {},
    [1, [2, { a: 'b' }], 'c'],
    { a: { b: [null, 'x'.repeat(50)] } },
  ];
  for (const value of values)
    for (const limit of [1, 5, 17, 1_000])
      assert.equal(shortJson(value, limit), JSON.stringify(value).slice(0, limit));
  const deep = JSON.parse(`${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`);
  assert.equal(shortJson(deep, 12), '[{"a":[{"a":');
});
