import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthIn, healthOf } from '../../src/i18n/health.ts';

test('health is English for programs, and said in the language of a person', () => {
  const health = healthOf(
    false,
    'syslog',
    [['noOpen', { place: ':514', error: 'EACCES' }]],
    ['mend.lowPort'],
  );
  assert.equal(health.detail, ':514 cannot be opened (EACCES)');
  assert.equal(health.mend, 'use a port above 1023');
  const korean = healthIn('ko', JSON.parse(JSON.stringify(health)));
  assert.match(korean.detail, /^:514.*열 수 없어요\(EACCES\)$/);
  assert.equal(korean.mend, '1023보다 큰 포트를 써 주세요');
  assert.deepEqual(healthIn('en', health), health);
});

test('what no catalogue knows stays as it was said', () => {
  const vendor = { ok: false, kind: 'slack', detail: 'invalid_auth' };
  assert.equal(healthIn('ko', vendor), vendor);
  // Of other versions: a word that is not known here, and one into which nothing was filled there.
  for (const word of ['of-tomorrow', 'kept']) {
    const other = { ...vendor, said: { detail: [[word]] } } as unknown as typeof vendor;
    assert.equal(healthIn('ko', other), other);
  }
});
