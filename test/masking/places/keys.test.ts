import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCutSecrets, findPrivateKeys, findRandomRuns } from '../../../src/masking/places/keys.ts';
import { foundIn, hides } from '../found.ts';

const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ';
const RUN = ['q7Rk2Zp9', 'Wm4XtB6y', 'Ls8VnH3c', 'Jd5FgT1u'].join('');

test('a private key is found whole, in one line, behind escapes, and cut at either end', () => {
  const begin = '-----BEGIN PRIVATE KEY-----';
  const end = '-----END PRIVATE KEY-----';
  for (const text of [
    `${begin}\n${BODY}\n${end}`,
    `key="${begin}\\n${BODY}\\n${end}"`,
    `loading ${begin}\n${BODY}`,
    `${BODY}\n${end} loaded`,
  ])
    assert.ok(hides(findPrivateKeys, text, BODY), text);
  assert.deepEqual(foundIn(findPrivateKeys, `-----BEGIN CERTIFICATE-----\n${BODY}`), []);
});

test('a long run of chance is found without a name, ids and hashes with theirs are not', () => {
  assert.ok(hides(findRandomRuns, `using ${RUN} now`, RUN));
  assert.ok(hides(findRandomRuns, `using acme_live_${RUN.slice(0, 24)} now`, RUN.slice(0, 24)));
  for (const line of [
    `traceId=${RUN}`,
    `request ${RUN}`,
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'id 6f1c2a9e-0d43-4c1b-9f0e-4c1d2a3b4c5d',
    'at com.example.quay.tide.HarborMasterServiceImplementation.call(Harbor.java:12)',
    '/usr/lib/python3.12/site-packages/quay/tide/harbor_master_service.py',
    '20261130T131415Z 1796102716000000000 1234567890123456789012345678901234567890',
    '01JDQUAY5TIDE7HARBOR9PIER0',
  ])
    assert.deepEqual(foundIn(findRandomRuns, line), [], line);
});

test('what was cut off and began like a secret is found', () => {
  assert.ok(hides(findCutSecrets, 'jwt eyJhbGciOiJIUzI1NiJ9.eyJzd…', 'eyJhbGciOiJIUzI1NiJ9'));
  assert.ok(hides(findCutSecrets, 'dial redis://quay:harbor!Tu…', 'harbor!Tu'));
  assert.deepEqual(foundIn(findCutSecrets, 'the tide came in and th… 12 more'), []);
});
