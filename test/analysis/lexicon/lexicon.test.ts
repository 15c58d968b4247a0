import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Lexicon } from '../../../src/analysis/lexicon/lexicon.ts';
import { FAILURE_KINDS } from '../../../src/domain/log/failure-kind.ts';
import { stepsOf } from '../../fakes/regexp-steps.ts';

const folder = resolve(import.meta.dirname, '../../../src/analysis/lexicon');
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.txt') ? [file.slice(0, -4)] : []));
/** Sections that are read as words, not as expressions. */
const WORDS = new Set([
  'words',
  'empty-english',
  'not-a-host',
  'not-a-target',
  'never-a-name',
  'ordinary-part',
]);
/** Only here `^` is the beginning of any line. */
const flagsOf = (section: string): string => (section === 'to-a-model' ? 'im' : 'i');

test('entries of a section are alternatives, groups over several lines one of them', () => {
  const sentiment = new Lexicon('sentiment');
  assert.match(sentiment.source('good'), /^\\b\(\?:good\|great\|.*\|thank you\|.*\)\\b\|좋\(/);
  assert.ok(new Lexicon('names').words('not-a-host').has('localhost'));
  assert.throws(() => sentiment.pattern('no such section'), /no section/);
});

test('failures are called as the code calls them', () => {
  const others = ['harmless', 'passed', 'orderly', 'last-words'];
  const kinds = new Lexicon('failure-kinds').sections.filter((section) => !others.includes(section));
  assert.deepEqual(
    kinds.filter((kind) => !(FAILURE_KINDS as readonly string[]).includes(kind)),
    [],
  );
});

test('no line of a lexicon is long, and no word stands twice in a section', () => {
  for (const name of names) {
    const lines = readFileSync(join(folder, `${name}.txt`), 'utf8').split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 150),
      [],
      name,
    );
    const lexicon = new Lexicon(name);
    for (const section of lexicon.sections.filter((one) => WORDS.has(one)))
      assert.equal(lexicon.source(section).split('|').length, lexicon.words(section).size, section);
  }
});

/** How many times as many steps four times as long a text takes: 4 where the work is linear, 16 where it is quadratic. */
const growth = (pattern: RegExp, unit: string): number =>
  stepsOf(pattern, unit.repeat(800)) / stepsOf(pattern, unit.repeat(200));

test('no expression takes more than linear work in a line of one thing over and over', () => {
  assert.ok(growth(/^\s*system:/im, '\n') > 15, 'quadratic work is seen');
  assert.ok(growth(/^[^\S\n]*system:/im, '\n') < 5, 'linear work is seen');
  const slow: string[] = [];
  for (const name of names) {
    const lexicon = new Lexicon(name);
    for (const section of lexicon.sections.filter((one) => !WORDS.has(one)))
      for (const unit of ['\n', ' ', '.', 'a', '0', '-', '<@', 'a.', 'a ', '0 ', '가', '"']) {
        const times = growth(lexicon.pattern(section, flagsOf(section)), unit);
        if (times > 7) slow.push(`${name} ${section} ${JSON.stringify(unit)}: ${times.toFixed(1)}`);
      }
  }
  assert.deepEqual(slow, []);
});
