import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Readable, withoutControlSequences } from '../../../src/domain/text/control-sequences.ts';

/** A text that counts how often a character of it is read. */
function counted(text: string): Readable & { steps: number } {
  return {
    steps: 0,
    length: text.length,
    charCodeAt(at) {
      this.steps += 1;
      return text.charCodeAt(at);
    },
    slice: (from, to) => text.slice(from, to),
  };
}

const ESC = '\u001b';
/** Beginnings, bodies and ends of all kinds, from which sequences are put together at random. */
const PIECES = [
  ...[
    `${ESC}]`,
    `${ESC}]8;;`,
    `${ESC}]52;c;`,
    `${ESC}P`,
    `${ESC}_`,
    `${ESC}^`,
    `${ESC}X`,
    `${ESC}[`,
    `${ESC}[1;`,
  ],
  ...[`${ESC}(`, `${ESC}N`, ESC, '\u0090', '\u0098', '\u009b', '\u009d', '\u009e', '\u009f', '\u0085'],
  ...['\u0007', `${ESC}\\`, '\u009c', '\u0018', '\u001a', '\n', '\r', '\u0008'],
  ...['0', ';', '31', '?', ' ', '!', 'm', 'H', 'text ', '오류', '😀', '\\', 'A'],
];

function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Some pieces over and over, or all of them mixed. */
function generated(seed: number, length: number): string {
  const random = dice(seed);
  const some = Array.from({ length: 1 + random(4) }, () => PIECES[random(PIECES.length)]!);
  if (seed % 2 === 0)
    return some
      .join('')
      .repeat(Math.ceil(length / some.join('').length))
      .slice(0, length);
  let out = '';
  while (out.length < length) out += PIECES[random(PIECES.length)];
  return out.slice(0, length);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what must be gone
const BEGINS = /[\u001b\u0080-\u009f]/;

test('each character is read at most four times, whatever the text and however long', () => {
  for (const length of [1_024, 65_536, 1_048_576])
    for (let seed = 1; seed <= (length > 100_000 ? 24 : 120); seed += 1) {
      const text = counted(generated(seed, length));
      withoutControlSequences(text);
      assert.ok(text.steps <= 4 * length + 8, `seed ${seed}, ${length}: ${text.steps} steps`);
    }
  for (const piece of PIECES) {
    const all = counted(piece.repeat(1_048_576 / piece.length));
    withoutControlSequences(all);
    assert.ok(all.steps <= 4 * all.length + 8, `${JSON.stringify(piece)}: ${all.steps} steps`);
  }
});

test('nothing that begins a sequence is left, so that removing makes no new one; nothing else is made up', () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const text = generated(seed, 80);
    const out = String(withoutControlSequences(text));
    assert.doesNotMatch(out, BEGINS, JSON.stringify(text));
    assert.equal(withoutControlSequences(out), out);
    let at = -1;
    for (const char of out) {
      at = text.indexOf(char, at + 1);
      assert.ok(at >= 0, `what is left stands in the text, in its order: ${JSON.stringify(text)}`);
    }
  }
});

test('whole sequences of every kind go, in their 7-bit and 8-bit forms', () => {
  for (const [text, left] of [
    [`${ESC}[1;31mred${ESC}[0m`, 'red'],
    ['\u009b31mred\u009b0m', 'red'],
    [`${ESC}[?25lx${ESC}[2 q${ESC}[38:2::1:2:3my`, 'xy'],
    [`${ESC}]0;title\u0007x`, 'x'],
    [`${ESC}]8;;http://a.b${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    ['\u009d52;c;aGk=\u009cx', 'x'],
    [`${ESC}Pq#0${ESC}\\a${ESC}_G1${ESC}\\b${ESC}^p${ESC}\\c${ESC}Xs${ESC}\\d`, 'abcd'],
    ['\u0090q\u009ca\u009fG\u009cb\u009ep\u009cc\u0098s\u009cd', 'abcd'],
    [`${ESC}(B${ESC}7${ESC}cx${ESC}NAy${ESC}`, 'xy'],
  ] as const)
    assert.equal(withoutControlSequences(text), left, JSON.stringify(text));
});

test('what never ends hides nothing: only its beginning goes', () => {
  for (const [text, left] of [
    [`${ESC}]0;ERROR disk full`, '0;ERROR disk full'],
    [`user=${ESC}P from 10.0.0.9 denied`, 'user= from 10.0.0.9 denied'],
    [`${ESC}]${ESC}]${ESC}]a`, 'a'],
    [`${ESC}[12:00 오류`, '12:00 오류'],
    // A string ends with its line: the next line is not part of it.
    [`${ESC}]0;a\nERROR b\u0007`, '0;a\nERROR b\u0007'],
    [`${ESC}${ESC}[0m[31mx`, '[31mx'],
  ] as const)
    assert.equal(withoutControlSequences(text), left, JSON.stringify(text));
});
