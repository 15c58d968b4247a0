import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactCredentials } from '../../src/masking/redact.ts';
import { findSecrets } from '../../src/masking/secrets.ts';
import { foundIn } from './found.ts';

const SECRET = ['harbor', 'Tug73'].join('!');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('secrets are found through what wraps them', () => {
  for (const line of [
    JSON.stringify({ log: JSON.stringify({ body: JSON.stringify({ password: SECRET }) }) }),
    `GET /x?next=%2Flogin%3Fpassword%3D${encodeURIComponent(SECRET)} 302`,
    `&lt;password&gt;${SECRET}&lt;/password&gt;`,
    `{"auths":{"registry.example.com":{"auth":"${base64(`quay:${SECRET}`)}"}}}`,
    `at Login.call(Login.java:9) args=[user=quay, password=${SECRET}]`,
  ]) {
    const masked = redactCredentials(line);
    assert.ok(!masked.includes(SECRET) && !masked.includes(base64(`quay:${SECRET}`)), masked);
  }
});

test('lines of quiet work have nothing to hide', () => {
  for (const line of [
    '2026-11-30T10:00:00.123Z INFO quay tide 7 came in after 240 ms, next at 16:20',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8 deployed to quay-7f9c6d8b5-x2k4q',
    'trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7',
    'image registry.example.com/quay/tide@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'order 2026113000471 of customer 88231 paid in 3 steps',
    'GET /api/v2/tides/42?from=2026-11-01&to=2026-11-30 200 1283',
    'java.lang.IllegalStateException: tide 7 of 12 is out of range [0, 6]',
    '주문 4711 결제 완료, 240ms 걸렸어요',
  ])
    assert.deepEqual(foundIn(findSecrets, line), [], line);
});

test('hostile text of a megabyte is looked through once', () => {
  for (const piece of [
    'password',
    'password=',
    'password="',
    'pass:word@',
    '://a:',
    'eyJ',
    'mysql -p',
    "insert into t (password) values ('",
    '비밀번호는 ',
    '%25',
    '\\\\"',
    '-----BEGIN PRIVATE KEY-----',
    'A1b2C3d4',
    'Bearer ',
    'token is token ',
    '<password ',
  ]) {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    assert.ok(redactCredentials(text).length > 0, piece);
  }
});
