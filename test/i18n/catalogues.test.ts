import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { INCIDENT_STATES } from '../../src/domain/alert/incident.ts';
import { ERROR_CODES } from '../../src/domain/errors.ts';
import { FAILURE_KINDS } from '../../src/domain/log/failure-kind.ts';
import { ACTION_NAMES } from '../../src/domain/question/message.ts';
import { LANGUAGES } from '../../src/domain/question/question.ts';
import { CATALOGUES } from '../../src/i18n/catalogues.ts';

type Entry = string | ((...values: unknown[]) => string);
const ROOT = resolve(import.meta.dirname, '../../src/i18n');

/** All entries of a language as `subject.key`. */
const entriesOf = (language: keyof typeof CATALOGUES): Map<string, Entry> =>
  new Map(
    Object.entries(CATALOGUES[language]).flatMap(([subject, words]) =>
      Object.entries(words).map(([key, entry]): [string, Entry] => [`${subject}.${key}`, entry as Entry]),
    ),
  );

/** A number of three digits for each name, so that it is seen where a value went. */
const numbers = new Map<string, string>();
const numberFor = (name: string): string => {
  if (!numbers.has(name)) numbers.set(name, String(101 + numbers.size));
  return numbers.get(name)!;
};
/** Stands for the values of a function that takes them by name. */
const named = new Proxy({}, { get: (_, name) => numberFor(String(name)) });
const takesNames = (entry: Entry): boolean => /^\(\{/.test(String(entry));

/** Stands for one value, and for one that is taken apart by names. */
const filled = (text: string): unknown =>
  new Proxy(Object(text), {
    get: (_, name) => {
      const own = Reflect.get(Object(text), name);
      if (typeof own === 'function') return own.bind(text);
      return own ?? (typeof name === 'symbol' ? undefined : numberFor(name));
    },
  });

/** What an entry says, filled with numbers where it is to be filled. */
function told(entry: Entry): string {
  if (typeof entry === 'string') return entry;
  if (takesNames(entry)) return entry(named);
  const places = Array.from({ length: entry.length }, (_, at) => filled(String(901 + at)));
  return String(entry(...places));
}

test('every subject of every language is in the catalogues, and no key hides another', async () => {
  const files = readdirSync(resolve(ROOT, 'en')).sort();
  for (const language of LANGUAGES) {
    assert.deepEqual(readdirSync(resolve(ROOT, language)).sort(), files, language);
    const said = new Set(entriesOf(language).values());
    let keys = 0;
    for (const file of files) {
      const exported: Record<string, Record<string, Entry>> = await import(resolve(ROOT, language, file));
      assert.deepEqual(
        Object.keys(exported),
        [file.replace('.ts', '')],
        'one subject in a file, named like it',
      );
      for (const words of Object.values(exported)) {
        keys += Object.keys(words).length;
        for (const [key, entry] of Object.entries(words)) assert.ok(said.has(entry), `${file}: ${key}`);
      }
    }
    assert.equal(entriesOf(language).size, keys, language);
  }
});

test('every language has the same entries, which take the same values and say all of them', () => {
  const english = entriesOf('en');
  for (const language of LANGUAGES) {
    const entries = entriesOf(language);
    assert.deepEqual([...entries.keys()].sort(), [...english.keys()].sort(), language);
    for (const [key, entry] of entries) {
      const original = english.get(key)!;
      assert.equal(typeof entry, typeof original, `${language} ${key}`);
      if (typeof entry === 'function' && typeof original === 'function') {
        assert.equal(entry.length, original.length, `${language} ${key}`);
        assert.equal(takesNames(entry), takesNames(original), `${language} ${key}`);
      }
      const text = told(entry);
      assert.ok(text.trim(), `${language} ${key}`);
      assert.doesNotMatch(text, /undefined|NaN|\[object/, `${language} ${key}`);
      const values = (words: string): string[] => [...new Set(words.match(/\d{3,}/g))].sort();
      if (typeof entry === 'function') assert.deepEqual(values(text), values(told(original)), key);
    }
  }
});

test('every code, state, action, step and kind of failure has words', () => {
  const { chat, answers } = CATALOGUES.en;
  for (const code of ERROR_CODES) assert.ok(chat[`error.${code}`]);
  for (const state of INCIDENT_STATES) assert.ok(chat[`state.${state}`]);
  for (const name of ACTION_NAMES) assert.ok(chat[`button.${name}`]);
  for (const step of ['window', 'evidence', 'causes', 'model', 'verify'] as const)
    assert.ok(chat[`step.${step}`]);
  for (const kind of FAILURE_KINDS) {
    assert.ok(answers[`kind.${kind}`]);
    assert.ok(answers[`solution.${kind}`]);
  }
});

/** Lists of figures, which have no verb. */
const figures = new Set(
  ['explain.window', 'explain.baseline', 'sum.requests', 'sum.requestsUntimed'].map(
    (key) => `answers.${key}`,
  ),
);

test('there is no Korean in English, and Korean is polite throughout', () => {
  for (const [key, entry] of entriesOf('en')) assert.doesNotMatch(told(entry), /[가-힣]/, key);
  for (const [key, entry] of entriesOf('ko')) {
    const text = told(entry);
    assert.doesNotMatch(text, /니다|하세요|십시오/, key);
    if (key.startsWith('chat.help.') || figures.has(key)) continue;
    for (const sentence of text.split(/(?<=[.…])\s/))
      if (/[가-힣]\.$/.test(sentence)) assert.match(sentence, /요\.$/, `${key}: ${sentence}`);
  }
});

test('no English sentence is left in Korean', () => {
  // Names and commands that are the same in every language.
  const same =
    /\/logs \S+|bongsu \w+|--\S+|ollama pull|GET _cluster\S+|Socket Mode|OPENAI\S+|"appendonly yes"|service:\S+|now \[.*\]|index\.\S+/g;
  for (const [key, entry] of entriesOf('ko')) {
    if (key.startsWith('chat.help.') || key.startsWith('chat.form.')) continue;
    assert.doesNotMatch(told(entry).replace(same, ''), /[a-z]{3,} [a-z]{2,} /i, key);
  }
  for (const [key, entry] of entriesOf('ko'))
    if (/^answers\./.test(key) && !/^answers\.(times|summary\.why|problem)$/.test(key))
      assert.match(told(entry), /[가-힣]/, key);
});
