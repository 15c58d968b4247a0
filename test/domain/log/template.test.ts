import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readable } from '../../../src/domain/log/template.ts';

test('a template is read with ellipses for what varies, and no quote is left open', () => {
  assert.equal(readable('query "<*>" hits=<*> took=<*>'), 'query … hits=… took=…');
  assert.equal(readable('"GET <*> <*>'), 'GET …');
  assert.equal(readable('said "no such table" <*>, <*>'), 'said "no such table" …');
});
