import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommand } from '../../../../src/bot/commands/parse/command.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What was typed, and the window and the words that were read from it. */
const TOLD: [typed: string, window: number | string, text?: string][] = [
  ['why last 90 minutes', 1.5 * HOUR],
  ['why 2 hours', 2 * HOUR],
  ['why in the last 2 hours?', 2 * HOUR],
  ['why last hour', HOUR],
  ['why past two days', 2 * DAY],
  ['why 1 hour and 30 minutes', 1.5 * HOUR],
  ['why 90min', 1.5 * HOUR],
  ['why is cart slow over the last hour', HOUR, 'is cart slow'],
  ['why last week', 7 * DAY],
  ['why 1.5h', 1.5 * HOUR],
  ['why 3 w service:cart', 21 * DAY],
  ['summarize today', 'today'],
  ['why did checkout fail yesterday?', 'yesterday', 'did checkout fail'],
  ['incidents yesterday', 'yesterday', 'open'],
  ['analyze yesterday', 'yesterday'],
  ['왜 지난 2시간', 2 * HOUR],
  ['왜 지난 한 시간', HOUR],
  ['왜 최근 30 분 동안 느려?', 0.5 * HOUR, '느려?'],
  ['왜 2시간동안 느려?', 2 * HOUR, '느려?'],
  ['왜 1시간 30분', 1.5 * HOUR],
  ['왜 지난 일주일', 7 * DAY],
  ['요약 어제', 'yesterday'],
  ['왜 오늘 느려?', 'today', '느려?'],
  ['search 2 hours connection reset', 2 * HOUR, 'connection reset'],
  ['search timeout yesterday', 'yesterday', 'timeout'],
  ['검색 어제 시간 초과', 'yesterday', '시간 초과'],
];

test('a window in plain words, in both languages', () => {
  const read = TOLD.map(([typed]) => {
    const command = parseCommand(typed);
    if ('wrong' in command) return [typed, command.wrong];
    return [typed, command.windowMs ?? command.day, command.text];
  });
  assert.deepEqual(
    read,
    TOLD.map(([typed, window, text = '']) => [typed, window, text]),
  );
});

test('what is no span stays what it is', () => {
  for (const [typed, text] of [
    ['why did it take a minute', 'did it take a minute'],
    ['why did the last deploy fail', 'did the last deploy fail'],
    ['why is the day job slow', 'is the day job slow'],
    ['search yesterday', 'yesterday'],
    ['search 10 minutes', '10 minutes'],
    ['search 500 s', '500 s'],
    ['search "0h" x', '"0h" x'],
    ['search 500ms timeout', '500ms timeout'],
    ['search 2nd attempt', '2nd attempt'],
    ['search the last attempt', 'the last attempt'],
    ['왜 하루 종일 느려?', '하루 종일 느려?'],
  ] as const) {
    const command = parseCommand(typed);
    assert.ok('name' in command, typed);
    assert.deepEqual([command.text, command.windowMs, command.day], [text, undefined, undefined], typed);
  }
});

test('a span of known units that is none is a mistake, also before the words of a search', () => {
  for (const [typed, word] of [
    ['search 0h x', '0h'],
    ['search 100d x', '100d'],
    ['검색 0시간 x', '0시간'],
    ['why 100 days', '100 days'],
    ['why 0 minutes', '0 minutes'],
    ['why -2h', '-2h'],
  ] as const)
    assert.deepEqual(parseCommand(typed), { wrong: 'duration', word }, typed);
});
