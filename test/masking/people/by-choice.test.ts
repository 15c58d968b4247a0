import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findAddresses,
  findNamedPeople,
  findNames,
  findOutsideAddresses,
} from '../../../src/masking/people/by-choice.ts';
import { foundIn } from '../found.ts';

test('addresses of machines and of people are found by choice', () => {
  for (const [line, value] of [
    ['from 203.0.113.9 port 22', '203.0.113.9'],
    ['from 2001:db8::1', '2001:db8::1'],
    ['mac 00:1a:2b:3c:4d:5e', '00:1a:2b:3c:4d:5e'],
    ['배송지 서울 마포구 월드컵북로 396', '서울 마포구 월드컵북로 396'],
    ['ship to 221 Baker Street', '221 Baker Street'],
  ] as const)
    assert.deepEqual(foundIn(findAddresses, line), [value], line);
  for (const line of ['version 1.2.3.4', 'at 12:30:45', 'ratio 1.5', 'dead::beef'])
    assert.deepEqual(foundIn(findAddresses, line), [], line);
});

test("machines of the operator's own are no outside addresses", () => {
  assert.deepEqual(foundIn(findOutsideAddresses, 'from 10.2.3.4 to 203.0.113.9, 192.168.0.7, 172.20.1.1'), [
    '203.0.113.9',
  ]);
});

test('names are found where a line says that they are names', () => {
  assert.deepEqual(foundIn(findNames, '고객명: 김민수'), ['김민수']);
  assert.deepEqual(foundIn(findNames, '박서준님 결제'), ['박서준']);
  assert.deepEqual(foundIn(findNames, 'customer name="Mary Poppins"'), ['Mary Poppins']);
  assert.deepEqual(foundIn(findNames, '신규 고객 12명'), []);
  // Who takes an incident is called so in the bot's own sentences.
  assert.deepEqual(foundIn(findNamedPeople, '박서준님이 맡았어요'), []);
});
