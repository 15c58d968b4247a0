import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldAccents } from '../../../src/domain/text/fold-accents.ts';

test('accents go, letters stay, in every script', () => {
  assert.equal(foldAccents('Échec BAŁTYK Ødegård S’ha'), "echec baltyk odegard s'ha");
  assert.equal(foldAccents('ISTANBUL İzmir ılık'), 'istanbul izmir ilik');
  assert.equal(foldAccents('ΣΦΆΛΜΑ σφάλμα'), 'σφαλμα σφαλμα');
  assert.equal(foldAccents('データ 連結 이상'), 'データ 連結 이상');
  assert.equal(foldAccents('Plain ASCII 7'), 'plain ascii 7');
});
