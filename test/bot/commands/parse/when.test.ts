import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommand } from '../../../../src/bot/commands/parse/command.ts';
import { whenIn } from '../../../../src/bot/commands/parse/when.ts';
import { windowOfWhen } from '../../../../src/bot/commands/parse/when-window.ts';

const NOW = Date.parse('2026-11-30T14:00:00Z'); // a Monday
const EXTENT = { from: Date.parse('2026-11-20T00:00:00Z'), to: Date.parse('2026-11-30T13:59:00Z') };

/** What a text says about the time: the words, begin and end, to the minute and without the year. */
function read(text: string, extent = EXTENT, now = NOW): [string, string, string] | undefined {
  const found = whenIn(text);
  const window = found && windowOfWhen(found.when, { now, zone: 'UTC', extent });
  if (!window || 'mark' in window) return undefined;
  const at = (time: number): string => new Date(time).toISOString().slice(5, 16).replace('T', ' ');
  return [text.slice(found.start, found.end), at(window.from), at(window.to)];
}

test('clocks, dates and stretches in both languages, with all words that belong to them', () => {
  const told: [text: string, words: string, from: string, to: string][] = [
    ['errors at 13:20', 'at 13:20', '11-30 13:20', '11-30 13:21'],
    ['how many between 2 and 3 pm?', 'between 2 and 3 pm', '11-29 14:00', '11-29 15:00'],
    ['from 13:20 to 13:40', 'from 13:20 to 13:40', '11-30 13:20', '11-30 13:40'],
    ['13:20-13:40 errors', '13:20-13:40', '11-30 13:20', '11-30 13:40'],
    ['on nov 24', 'on nov 24', '11-24 00:00', '11-25 00:00'],
    ['2026-11-24 13:20', '2026-11-24 13:20', '11-24 13:20', '11-24 13:21'],
    ['yesterday at 3 pm', 'yesterday at 3 pm', '11-29 15:00', '11-29 16:00'],
    ['at 3 pm yesterday', 'at 3 pm yesterday', '11-29 15:00', '11-29 16:00'],
    ['last friday', 'last friday', '11-27 00:00', '11-28 00:00'],
    ['last night', 'last night', '11-29 18:00', '11-30 06:00'],
    ['this morning', 'this morning', '11-30 06:00', '11-30 12:00'],
    ['new since 13:20', 'since 13:20', '11-30 13:20', '11-30 14:00'],
    ['since yesterday', 'since yesterday', '11-29 00:00', '11-30 14:00'],
    ['before 10:00', 'before 10:00', '11-20 00:00', '11-30 10:00'],
    ['around 13:20', 'around 13:20', '11-30 13:10', '11-30 13:31'],
    ['30 minutes ago', '30 minutes ago', '11-30 13:30', '11-30 13:31'],
    ['in the last 2 hours', 'in the last 2 hours', '11-30 12:00', '11-30 14:00'],
    ['어제 오후 3시부터 오류', '어제 오후 3시부터', '11-29 15:00', '11-30 14:00'],
    ['30분 전부터', '30분 전부터', '11-30 13:30', '11-30 14:00'],
    ['지난주 금요일', '지난주 금요일', '11-27 00:00', '11-28 00:00'],
    ['11월 24일 오후 3시 20분에', '11월 24일 오후 3시 20분에', '11-24 15:20', '11-24 15:21'],
    ['오후 2시와 3시 사이', '오후 2시와 3시 사이', '11-29 14:00', '11-29 15:00'],
    ['오후 3시 반부터 4시까지', '오후 3시 반부터 4시까지', '11-29 15:30', '11-29 16:00'],
    ['between 10 and 11 this morning', 'between 10 and 11 this morning', '11-30 10:00', '11-30 11:00'],
    ['from 2pm to half past 2', 'from 2pm to half past 2', '11-29 14:00', '11-29 14:30'],
    ['2-3pm errors', '2-3pm', '11-29 14:00', '11-29 15:00'],
    ['오후 2~3시 에러', '오후 2~3시', '11-29 14:00', '11-29 15:00'],
    ['errors overnight', 'overnight', '11-29 18:00', '11-30 06:00'],
    // The last hour that was called so; a clock of digits is the earlier one.
    ['1시 반에', '1시 반에', '11-30 13:30', '11-30 13:31'],
    ['at 1:30', 'at 1:30', '11-30 01:30', '11-30 01:31'],
    ['오늘 아침에', '오늘 아침에', '11-30 06:00', '11-30 12:00'],
    ['어젯밤', '어젯밤', '11-29 18:00', '11-30 06:00'],
    ['14시쯤', '14시쯤', '11-30 13:50', '11-30 15:10'],
    ['자정 이후', '자정 이후', '11-30 00:00', '11-30 14:00'],
    ['지난 2시간 동안', '지난 2시간 동안', '11-30 12:00', '11-30 14:00'],
    ['최근 30분', '최근 30분', '11-30 13:30', '11-30 14:00'],
  ];
  for (const [text, ...expected] of told) assert.deepEqual(read(text), expected, text);
});

test('what is no time stays what it is', () => {
  for (const text of [
    'took 5s twice',
    '404s',
    '5xx',
    'slower than 2 min',
    'the 24th',
    'may fail',
    'at 99:99',
    '3시간',
  ])
    assert.equal(text === '3시간' ? read(`작업이 ${text} 넘게`) : read(text), undefined, text);
});

test('where the logs have nothing by now, their own end counts; a bare clock is in the half of the day that they have', () => {
  const old = { from: Date.parse('2026-05-12T13:00:00Z'), to: Date.parse('2026-05-12T16:00:01Z') };
  assert.deepEqual(read('지난 30분', old), ['지난 30분', '05-12 15:30', '05-12 16:00']);
  assert.deepEqual(read('today', old), ['today', '05-12 00:00', '05-13 00:00']);
  assert.deepEqual(read('3시에', old), ['3시에', '05-12 15:00', '05-12 16:00']);
  assert.deepEqual(read('at 2:10', old), ['at 2:10', '05-12 14:10', '05-12 14:11']);
});

test('since the deploy is a mark for the logs to date', () => {
  const mark = (text: string) => whenIn(text)?.when;
  assert.deepEqual(mark('errors since the deploy'), { kind: 'mark', mark: 'deploy', side: 'since' });
  assert.deepEqual(mark('재시작 이후 오류'), { kind: 'mark', mark: 'restart', side: 'since' });
  assert.deepEqual(mark('before the incident'), { kind: 'mark', mark: 'incident', side: 'before' });
});

test('other commands take such a time, too; a search does not', () => {
  const why = parseCommand('why did checkout fail at 13:20?');
  assert.ok('name' in why);
  assert.deepEqual([why.text, why.when?.kind], ['did checkout fail ?', 'at']);
  const search = parseCommand('search at 13:20');
  assert.ok('name' in search);
  assert.deepEqual([search.text, search.when], ['at 13:20', undefined]);
});

test('particles behind a time belong to it, and a word that begins as one does not', () => {
  assert.deepEqual(read('오늘 경고 몇 건'), ['오늘', '11-30 00:00', '12-01 00:00']);
  assert.deepEqual(read('since lunch'), ['since lunch', '11-30 12:00', '11-30 14:00']);
  assert.equal(read('오늘도 에러 있어?')?.[0], '오늘도');
  assert.equal(read('13:20 이후로도 있었나')?.[0], '13:20 이후로도');
  assert.equal(read('오늘 13시경에 에러')?.[0], '오늘 13시경에');
  for (const text of ['배포하고 나서 에러', '배포한 뒤로', '배포 후에도'])
    assert.deepEqual(whenIn(text)?.when, { kind: 'mark', mark: 'deploy', side: 'since' }, text);
  assert.deepEqual(whenIn('배포하기 전에도')?.when, { kind: 'mark', mark: 'deploy', side: 'before' });
});
