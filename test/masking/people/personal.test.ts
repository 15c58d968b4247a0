import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPersonal } from '../../../src/masking/people/personal.ts';
import { foundIn } from '../found.ts';

test('personal data of Korea are found, whatever separates their digits', () => {
  for (const [line, value] of [
    ['rrn 900101-1234567 rejected', '900101-1234567'],
    ['주민번호 9001011234567', '9001011234567'],
    ['주민등록번호: 900101 1234567', '900101 1234567'],
    ['외국인 900101–5234567', '900101–5234567'],
    ['고객 010-1234-5678', '010-1234-5678'],
    ['고객 01012345678', '01012345678'],
    ['고객 010.1234.5678', '010.1234.5678'],
    ['고객 +82 10-1234-5678', '+82 10-1234-5678'],
    ['대표 02-345-6789', '02-345-6789'],
    ['사업자 220-81-62517', '220-81-62517'],
    ['입금 계좌 110-234-567890 국민', '110-234-567890'],
    ['운전면허 11-19-123456-78', '11-19-123456-78'],
    ['여권 M123A4567 확인', 'M123A4567'],
    ['메일 hong@example.co.kr', 'hong@example.co.kr'],
  ] as const)
    assert.deepEqual(foundIn(findPersonal, line), [value], line);
});

test('personal data of other countries are found', () => {
  for (const [line, value] of [
    ['card 4111 1111 1111 1111 declined', '4111 1111 1111 1111'],
    ['card 4111.1111.1111.1111 declined', '4111.1111.1111.1111'],
    ['amex 3782 822463 10005', '3782 822463 10005'],
    ['call (415) 555-2671', '(415) 555-2671'],
    ['call +44 20 7946 0958', '+44 20 7946 0958'],
    ['ssn 219-09-9999', '219-09-9999'],
    ['iban DE89 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130 00'],
    ['cpf 529.982.247-25', '529.982.247-25'],
  ] as const)
    assert.deepEqual(foundIn(findPersonal, line), [value], line);
});

test('numbers that only look like it stay', () => {
  for (const line of [
    'sequence 4111111111111112',
    'epoch 1762847934609 ms',
    'order 900199-1234567',
    'from 10.0.0.12 to 10.0.0.13',
    'version 2026.11.30-1',
    'range 100-200-300',
    'tide 2026-11-30 16:20:00',
    'id 6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    'took 1234.5678 s of 9876.5432 s',
    'serial 010-quay-5678',
    'port 8080-8090',
    'ratio 3.14159265358979',
  ])
    assert.deepEqual(foundIn(findPersonal, line), [], line);
});
