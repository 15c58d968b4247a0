import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AGES,
  harmlessShare,
  settled,
  settledSince,
} from '../../../../src/pipeline/detect/sessions/session-ages.ts';

test('what was never broken is believed by the waves it was watched in, not by their sessions', () => {
  assert.equal(harmlessShare(0, 600, 1_000), 1 / 602);
  assert.equal(harmlessShare(0, 600, 3), 1 / 5);
  assert.equal(harmlessShare(0, 60_000, 3), 1 / 5);
  // For a rule that was sometimes broken, the share was measured.
  assert.equal(harmlessShare(51, 1_956, 1), 52 / 1_958);
  assert.equal(harmlessShare(1, 600, 10), 1 / 24);
});

test('a rule holds since the first age at which waiting longer brought hardly more', () => {
  const shares = [0.9, 0.4, 0.02, 0.02, 0.02].map((share) => ({ share, of: 500 }));
  assert.equal(
    settledSince(4, 0.02, 500, (step) => shares[step]),
    2,
  );
  assert.equal(
    settledSince(2, 0.02, 500, (step) => shares[step]),
    2,
  );
  // Each phase has ages of its own.
  const later = AGES.length + 1;
  assert.equal(
    settledSince(later, 0.02, 500, () => ({ share: 0.02, of: 500 })),
    AGES.length,
  );
});

test('one session more or less among the few that are old does not unsettle a rule', () => {
  // Two of 349 are broken; none of the 95 that are old enough by now, where half a session was to be expected.
  const at = (of: number) => (step: number) => (step === 5 ? { share: 0, of } : undefined);
  assert.equal(settled(2, 2 / 349, 349, at(95)), true);
  // None of 340 would be different: they were only late.
  assert.equal(settled(2, 8 / 349, 349, at(340)), false);
});
