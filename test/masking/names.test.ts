import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secrecyOf } from '../../src/masking/names.ts';

test('the last word of a name tells whether its value is a secret', () => {
  for (const name of [
    'password',
    'DB_PASSWORD',
    'dbPassword',
    'db.passwd',
    'PGPASSWORD',
    'password2',
    '접속암호',
    'Kennwort',
    'client-secret',
    'keyStorePassword',
    'password_hash',
  ])
    assert.equal(secrecyOf(name), 'password', name);
  for (const name of [
    'accessToken',
    'X-Api-Key',
    'SharedAccessKey',
    'authtoken',
    'JSESSIONID',
    'session_id',
    'NPM_AUTH',
    'sig',
  ])
    assert.equal(secrecyOf(name), 'token', name);
  for (const name of ['otp', 'cvc', 'verification_code', '인증번호'])
    assert.equal(secrecyOf(name), 'code', name);
  for (const name of [
    'password_length',
    'passwordEncoder',
    'token_count',
    'bypass',
    'compass',
    'next_token',
    'pageToken',
    'primary_key',
    'cache.key',
    'tokenizer',
    'secretName',
    'error_code',
    'user',
    'keyboard',
    'passed',
    'author',
  ])
    assert.equal(secrecyOf(name), undefined, name);
});
