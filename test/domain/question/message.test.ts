import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAction, encodeAction } from '../../../src/domain/question/message.ts';

test('actions survive a trip through a button, anything else is refused', () => {
  const action = { name: 'mute', subject: 'inc-1', value: '3600000' } as const;
  assert.deepEqual(decodeAction(encodeAction(action)), action);
  for (const text of ['', 'mute', 'drop|x', 'mute|']) assert.equal(decodeAction(text), undefined);
});
