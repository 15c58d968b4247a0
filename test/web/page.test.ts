import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { completions } from '../../src/bot/commands/table/completion.ts';

const page = join(import.meta.dirname, '../../src/web/page');
const load = async <T>(file: string): Promise<T> => (await import(pathToFileURL(join(page, file)).href)) as T;
const { catalogues } = await load<{ catalogues: Record<'en' | 'ko', Record<string, string>> }>(
  'parts/strings.js',
);
const { suggest } = await load<{
  suggest: (
    typed: string,
    language: 'en' | 'ko',
    commands: ReturnType<typeof completions>,
    services: string[],
  ) => { label: string; aside: string; about: string; value: string }[];
}>('chat/commands.js');
const COMMANDS = completions();

test('the page has the same words in both languages, with the same places for values', () => {
  assert.deepEqual(Object.keys(catalogues.ko), Object.keys(catalogues.en));
  const places = (words: string): string[] => (words.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, words] of Object.entries(catalogues.en)) {
    assert.ok(words.trim() && catalogues.ko[key]!.trim(), key);
    assert.deepEqual(places(catalogues.ko[key]!), places(words), key);
  }
});

test('every word the page asks for exists', async () => {
  const known = new Set(Object.keys(catalogues.en));
  for await (const file of glob('**/*.{js,html}', { cwd: page })) {
    const source = readFileSync(join(page, file), 'utf8');
    const asked = [
      ...source.matchAll(/\btext\(\s*'([\w.]+)'/g),
      ...source.matchAll(/data-(?:text|label|placeholder|title)(?:="|': ')([\w.]+)/g),
      ...source.matchAll(/about: '([\w.]+)'/g),
    ].map(([, key]) => key!);
    for (const key of asked) assert.ok(known.has(key), `${file}: ${key}`);
  }
});

test('the rooms of the page import one way', async () => {
  const allowed: Record<string, string[]> = {
    parts: ['parts'],
    chat: ['chat', 'parts'],
    incidents: ['incidents', 'parts'],
    paste: ['paste', 'parts'],
    // Files at the root put the page together.
    '.': ['.', 'chat', 'incidents', 'paste', 'parts'],
  };
  for await (const file of glob('**/*.js', { cwd: page })) {
    const source = readFileSync(join(page, file), 'utf8');
    for (const [, to] of source.matchAll(/from '([^']+)'/g)) {
      const room = dirname(relative(page, join(page, dirname(file), to!)));
      assert.ok(allowed[dirname(file)]!.includes(room), `${file} → ${to}`);
    }
  }
});

test('the page never reads text as markup', async () => {
  for await (const file of glob('**/*.js', { cwd: page }))
    assert.doesNotMatch(
      readFileSync(join(page, file), 'utf8'),
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
      file,
    );
});

test('commands are completed in the language they are begun in', () => {
  const labels = (typed: string, language: 'en' | 'ko' = 'en') =>
    suggest(typed, language, COMMANDS, []).map((entry) => entry.label);
  // Commands that act on an incident come only when their name is begun.
  assert.ok(labels('/').includes('/logs mutes') && !labels('/').includes('/logs merge'));
  assert.deepEqual(labels('/logs ').slice(0, 2), ['/logs ask', '/logs why']);
  assert.deepEqual(labels('/logs ', 'ko').slice(0, 2), ['/logs 질문', '/logs 왜']);
  assert.deepEqual(labels('/logs s'), ['/logs summarize', '/logs search', '/logs shadow', '/logs split']);
  assert.deepEqual(labels('/logs 요', 'en'), ['/logs 요약']);
  assert.deepEqual(labels('what happened'), []);
  assert.deepEqual(labels('/logs nothing'), []);
  assert.equal(suggest('/logs w', 'ko', COMMANDS, [])[0]?.value, '/logs why ');
});

test('every command is completed, begun in either language', () => {
  for (const { en, ko } of COMMANDS)
    for (const name of [en, ko]) {
      const found = suggest(`/logs ${name}`, 'en', COMMANDS, []).find(
        ({ value }) => value === `/logs ${name} `,
      );
      assert.ok(found?.about && [en, ko].includes(found.aside), name);
    }
});

test('options follow a command: time span, service, private', () => {
  const values = (typed: string) =>
    suggest(typed, 'en', COMMANDS, ['orders', 'payments']).map((entry) => entry.value);
  assert.deepEqual(values('/logs why '), [
    '/logs why 15m ',
    '/logs why 1h ',
    '/logs why 1d ',
    '/logs why service:orders ',
    '/logs why service:payments ',
    '/logs why --private ',
  ]);
  assert.deepEqual(values('/logs why 30m service:p'), ['/logs why 30m service:payments ']);
  assert.deepEqual(values('/logs why 30m service:orders --private '), []);
  assert.deepEqual(values('/logs help '), []);
});

test('the strip says when there is no model, and names a model that does not answer', async () => {
  const { verdict } = await load<{
    verdict: (sample: object) => { look: string; words: string; without: string[] };
  }>('health.js');
  const on = { ok: true };
  const off = { ok: false };
  const look = (backends: object, status = 'degraded') => {
    const { look, words } = verdict({ backends, status });
    return [look, words];
  };
  assert.deepEqual(look({ logs: on, bus: on }, 'ok'), ['ok', 'All 2 backends well']);
  assert.deepEqual(look({ logs: on, model: { ok: true, kind: 'none' } }, 'ok'), ['modelless', 'No model']);
  assert.deepEqual(look({ logs: on, 'model:llama3': off }), ['degraded', 'model:llama3 is not well']);
  assert.deepEqual(look({ slack: off, 'model:llama3': off }), ['degraded', '2 backends not well']);
  assert.deepEqual(look({ slack: off, model: { ok: true, kind: 'none' } }), [
    'degraded',
    'slack is not well',
  ]);
  assert.deepEqual(look({ logs: off, bus: off }, 'down'), ['down', '2 backends not well']);
  assert.deepEqual(verdict({ backends: { 'model:a': off }, status: 'degraded' }).without, ['model:a']);
  assert.equal(catalogues.ko['health.nomodel'], '모델 없음');
});
