import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNamedValues } from '../../../src/masking/places/named-values.ts';
import { foundIn, hides } from '../found.ts';

const SECRET = ['harbor', 'Tug73'].join('!');

test('the value of a secret name is found however the two are joined', () => {
  for (const line of [
    `password=${SECRET}`,
    `quay.db.password: "${SECRET}"`,
    `{"dbPassword":"${SECRET}","port":5432}`,
    `DB_PASSWD='${SECRET}'`,
    `:password => "${SECRET}"`,
    `password := ${SECRET}`,
    `<password>${SECRET}</password>`,
    `<wsse:Password Type="x">${SECRET}</wsse:Password>`,
    `<add key="DbPassword" value="${SECRET}"/>`,
    `- name: QUAY_SECRET\n  value: ${SECRET}`,
    `["password", "${SECRET}"]`,
    `Properties[password] = ${SECRET}`,
    `tool --password ${SECRET} run`,
    `password | ${SECRET} |`,
    `비밀번호=${SECRET}`,
    `passwort: ${SECRET}`,
    `X-Api-Key: ${SECRET}q8`,
  ])
    assert.ok(hides(findNamedValues, line, SECRET), `${line}: ${foundIn(findNamedValues, line)}`);
});

test('a one-time code is found by its name', () => {
  assert.ok(hides(findNamedValues, 'otp=493021 sent', '493021'));
  assert.ok(hides(findNamedValues, '{"cvc":"731"}', '731'));
});

test('sentences, counts and stand-ins stay', () => {
  for (const line of [
    'password: must have at least 8 characters',
    'password=******** accepted',
    'password=$QUAY_PASSWORD',
    'passed: 12, failed: 3',
    'token_count=4096',
    'max_tokens: 200',
    'PWD=/srv/quay',
    'key=value',
    'primary key: id',
    'author: kim',
    'session closed',
    'secretName: quay-tls',
    'password is wrong',
    '비밀번호가 틀렸어요',
  ])
    assert.deepEqual(foundIn(findNamedValues, line), [], line);
});
