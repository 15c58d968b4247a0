import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommand } from '../../../../src/bot/commands/parse/command.ts';

test('commands as they are typed', () => {
  assert.deepEqual(parseCommand('/logs why 30m service:cart 왜 느려?'), {
    name: 'why',
    text: '왜 느려?',
    private: false,
    windowMs: 1_800_000,
    services: ['cart'],
  });
  assert.deepEqual(parseCommand('search 500ms "connection reset" 2h'), {
    name: 'search',
    text: '500ms "connection reset"',
    private: false,
    windowMs: 7_200_000,
  });
  assert.deepEqual(parseCommand('왜 5xx 오류가 나?'), {
    name: 'why',
    text: '5xx 오류가 나?',
    private: false,
  });
  const span = (typed: string): [number | undefined, string] => {
    const parsed = parseCommand(typed);
    assert.ok('name' in parsed, typed);
    return [parsed.windowMs && parsed.windowMs / 60_000, parsed.text];
  };
  // The window stands first or last; a span alone or inside is what is looked for, as is anything in quotes.
  assert.deepEqual(span('search 2h timed'), [120, 'timed']);
  assert.deepEqual(span('search 30m timed out --private'), [30, 'timed out']);
  assert.deepEqual(span('검색 2h 고갈'), [120, '고갈']);
  assert.deepEqual(span('search timed 2h --private'), [120, 'timed']);
  assert.deepEqual(span('search timed 1h 30m'), [90, 'timed']);
  assert.deepEqual(span('search 1시간 30분 timed'), [90, 'timed']);
  assert.deepEqual(span('search 2h'), [undefined, '2h']);
  assert.deepEqual(span('search took 5s twice'), [undefined, 'took 5s twice']);
  assert.deepEqual(span('search "2h" timed'), [undefined, '"2h" timed']);
  assert.deepEqual(span('왜 1시간 30분'), [90, '']);
  assert.deepEqual(span('why was it slow 1d 2h 30m'), [1_590, 'was it slow']);
  assert.deepEqual(span('summarize 1h 30m service:cart'), [90, '']);
  assert.deepEqual(span('분석 2일 12시간'), [3_600, '']);
  assert.deepEqual(parseCommand('WHY?'), { name: 'why', text: '', private: false });
  assert.deepEqual(parseCommand('분석 1일 --비공개'), {
    name: 'analyze',
    text: '',
    private: true,
    windowMs: 86_400_000,
  });
});

test('commands of jobs and digests have one form', () => {
  const form = (text: string) => {
    const parsed = parseCommand(text);
    return 'name' in parsed ? `${parsed.name} ${parsed.text}`.trim() : parsed.wrong;
  };
  assert.equal(form('jobs retry x'), 'jobs retry x');
  assert.equal(form('작업 삭제 x'), 'jobs drop x');
  assert.equal(form('jobs retry'), 'form');
  assert.equal(form('jobs stop fine-tune-2026-11-27T0200'), 'jobs stop fine-tune-2026-11-27T0200');
  assert.equal(form('작업 중지 x'), 'jobs stop x');
  assert.equal(form('작업 중지'), 'form');
  assert.equal(form('jobs please'), 'form');
  assert.equal(form('digest'), 'digest day');
  assert.equal(form('다이제스트 어제'), 'digest day');
  assert.equal(form('digest week'), 'digest week');
  assert.equal(form('다이제스트 지난주'), 'digest week');
  assert.equal(form('digest month'), 'form');
});

test('tune: forms in both languages, and what is none', () => {
  for (const [typed, text] of [
    ['tune', ''],
    ['tune now', 'now'],
    ['tune now summary', 'now summary'],
    ['학습 시작 요약', 'now summary'],
    ['학습 되돌리기 알림', 'back alerts'],
    ['/logs tune back anomaly', 'back anomaly'],
  ]) {
    const command = parseCommand(typed!);
    assert.ok('name' in command && command.name === 'tune', typed);
    assert.equal(command.text, text);
  }
  for (const wrong of ['tune back', 'tune now alerts', 'tune later', 'tune now all of it'])
    assert.ok('wrong' in parseCommand(wrong), wrong);
});

test('--fresh asks anew, and has no place in commands that keep nothing', () => {
  const why = parseCommand('why 30m --fresh');
  assert.ok('name' in why && why.fresh);
  const korean = parseCommand('왜 30분 --새로');
  assert.ok('name' in korean && korean.fresh);
  assert.deepEqual(parseCommand('health --fresh'), { wrong: 'option', word: '--fresh' });
});
