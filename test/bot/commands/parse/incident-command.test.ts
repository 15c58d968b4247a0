import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type IncidentCommand,
  parseIncidentCommand,
} from '../../../../src/bot/commands/parse/incident-command.ts';

test('commands that act on incidents, in both languages; questions and other words are none', () => {
  const ID = '0123456789';
  const OTHER = 'abcdefabcd';
  const forms: [string, IncidentCommand][] = [
    [`ack ${ID}`, { name: 'ack', incident: ID }],
    [`/logs resolve #${ID} raised the pool`, { name: 'resolve', incident: ID, note: 'raised the pool' }],
    [`확인 ${ID}`, { name: 'ack', incident: ID }],
    ['mute', { name: 'mute', forMs: 3_600_000 }],
    ['mute service 1d deploy', { name: 'mute', scope: 'service', forMs: 86_400_000, note: 'deploy' }],
    ['mute 30m template', { name: 'mute', scope: 'template', forMs: 1_800_000 }],
    ['음소거 service:pay 2시간', { name: 'mute', scope: 'service', service: 'pay', forMs: 7_200_000 }],
    ['알림 끄기 유형 15분', { name: 'mute', scope: 'template', forMs: 900_000 }],
    [`unmute m${ID}`, { name: 'unmute', incident: `m${ID}` }],
    [`assign ${ID} to @Mina Kim`, { name: 'assign', incident: ID, person: 'Mina Kim' }],
    ['담당 나', { name: 'assign' }],
    ['take', { name: 'take' }],
    [`merge ${ID} into ${OTHER}`, { name: 'merge', incident: ID, into: OTHER }],
    [`합치기 ${ID}를 ${OTHER}에`, { name: 'merge', incident: ID, into: OTHER }],
    [`merge into ${OTHER}`, { name: 'merge', into: OTHER }],
    ['나누기', { name: 'split' }],
    ['다시 열기', { name: 'reopen' }],
    ['false alarm load test', { name: 'false-alarm', note: 'load test' }],
    ['오탐', { name: 'false-alarm' }],
    ['정탐', { name: 'real' }],
  ];
  for (const [text, command] of forms) assert.deepEqual(parseIncidentCommand(text), command, text);
  for (const text of ['why', 'real cause is the db', 'take a look', 'is it resolved?', 'ack?', ''])
    assert.equal(parseIncidentCommand(text), undefined, text);
  for (const text of ['assign', 'merge', 'merge the branch'])
    assert.ok('wrong' in (parseIncidentCommand(text) ?? {}), text);
  assert.deepEqual(parseIncidentCommand('mute 30x'), { wrong: 'duration', command: 'mute', word: '30x' });
  assert.deepEqual(parseIncidentCommand('음소거 1시간 30분 배포 중'), {
    name: 'mute',
    note: '배포 중',
    forMs: 5_400_000,
  });
  assert.deepEqual(parseIncidentCommand('음소거 해제'), { name: 'unmute' });
});
