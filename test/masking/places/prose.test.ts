import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInProse } from '../../../src/masking/places/prose.ts';
import { foundIn, hides } from '../found.ts';

const SECRET = ['harbor', 'Tug73'].join('!');

test('passwords in sentences are found, in several languages', () => {
  for (const line of [
    `the password is ${SECRET}`,
    `wrong password "${SECRET}" for quay`,
    `password for prod is ${SECRET}.`,
    `login with ${SECRET} as the password failed`,
    `비밀번호는 ${SECRET} 입니다`,
    `비밀번호 ${SECRET} 오류`,
    `${SECRET}를 비밀번호로 바꿨어요`,
    `パスワードは${SECRET}です`,
    `Das Passwort lautet ${SECRET}`,
    `la contraseña es ${SECRET}`,
  ])
    assert.ok(hides(findInProse, line, SECRET), `${line}: ${foundIn(findInProse, line)}`);
});

test('sentences about passwords stay', () => {
  for (const line of [
    'the password is wrong',
    'password of user kim42 expired',
    'password for db-3 was not found',
    'your password must be changed in 14 days',
    'password authentication failed for user "quay"',
    '비밀번호가 5회 틀렸어요',
    '비밀번호 변경 후 90일이 지났어요',
    'token expired at 2026-11-30T10:00:00Z',
    'the secret of the tide is the moon',
  ])
    assert.deepEqual(foundIn(findInProse, line), [], line);
});
