import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isBirth,
  isCardNumber,
  isChineseNumber,
  isCpf,
  isIban,
} from '../../../src/masking/people/checksums.ts';

test('a day of birth is one of the calendar', () => {
  assert.ok(isBirth('900228', '1') && isBirth('000229', '3') && isBirth('961231', '5'));
  assert.ok(
    !isBirth('900230', '1') && !isBirth('901301', '1') && !isBirth('000229', '1') && !isBirth('900100', '1'),
  );
});

test('numbers of cards have an issuer, its length and a check digit', () => {
  assert.ok(
    isCardNumber('4111 1111 1111 1111') &&
      isCardNumber('378282246310005') &&
      isCardNumber('5555-5555-5555-4444'),
  );
  assert.ok(
    !isCardNumber('4111111111111112') && !isCardNumber('1111111111111117') && !isCardNumber('37828224631000'),
  );
});

test('numbers of other countries are told by their check digits', () => {
  assert.ok(isIban('DE89 3704 0044 0532 0130 00') && isIban('GB82WEST12345698765432'));
  assert.ok(!isIban('DE89 3704 0044 0532 0130 01') && !isIban('AB12'));
  assert.ok(isCpf('529.982.247-25') && !isCpf('529.982.247-26'));
  assert.ok(isChineseNumber('11010519491231002X') && !isChineseNumber('110105194912310021'));
});
