import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, samples } from '../../scripts/eval/masking.ts';
import { seeded } from '../../scripts/eval/seeded.ts';
import { createRedactor, redactCredentials } from '../../src/masking/redact.ts';

const CREDENTIALS: [line: string, secret: string][] = [
  ['connecting to postgres://app:hunter2secret@db:5432/shop', 'hunter2secret'],
  ['Authorization: Bearer abcdef0123456789abcdef', 'abcdef0123456789abcdef'],
  ['login with password=Tr0ub4dor&3 failed', 'Tr0ub4dor'],
  ['{"user":"kim","password":"p@ss w0rd!"}', 'p@ss w0rd!'],
  ['DB_PASSWORD: s3cr3tValue', 's3cr3tValue'],
  ['spring.datasource.dbPassword=changeme123', 'changeme123'],
  ['mysql -uroot -pqwerty1234 -e "select 1"', 'qwerty1234'],
  ['tool --token tok_9f8e7d6c5b', 'tok_9f8e7d6c5b'],
  ['key AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
  ['openai key sk-proj-abcdefghijklmnop1234', 'sk-proj-abcdefghijklmnop1234'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl seen', 'eyJzdWIiOiIxMjM0NTYifQ'],
  ['비밀번호: 봉수1234 로 로그인 실패', '봉수1234'],
  [String.raw`{"body":"{\"user\":\"kim\",\"password\":\"hunter2zz\"}"}`, 'hunter2zz'],
  ['Authorization: Token 9944b09199c62bcf9418ad846dd0e4bb', '9944b09199c62bcf'],
  ['authorization: Digest username="kim", response="6629fae49393a05397450978507c4ef1"', '6629fae49393'],
  ['PGPASSWORD=hunter2zz psql -h db', 'hunter2zz'],
  ['login dbpassword=hunter2zz', 'hunter2zz'],
  ['refresh accesstoken=hunter2zz', 'hunter2zz'],
  ['GET /login?user=kim&password%3Dhunter2zz', 'hunter2zz'],
  ['SECRET_KEY_BASE=hunter2zz', 'hunter2zz'],
  ['pw=hunter2zz', 'hunter2zz'],
  ['request Cookie: theme=dark; session=hunter2zz', 'hunter2zz'],
  ['Set-Cookie: sid=hunter2zz; Path=/; HttpOnly', 'hunter2zz'],
  ['connecting to postgres://app:hunter2@zz@db:5432/shop', '2@zz'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----', 'MIIabc'],
];
const PERSONAL: [line: string, secret: string][] = [
  ['mail to hong.gildong@example.co.kr failed', 'hong.gildong@example.co.kr'],
  ['고객 010-1234-5678 인증 실패', '010-1234-5678'],
  ['call 02-345-6789', '02-345-6789'],
  ['call +1 415 555 2671 now', '+1 415 555 2671'],
  ['rrn 900101-1234567 rejected', '900101-1234567'],
  ['card 4111 1111 1111 1111 declined', '4111 1111 1111 1111'],
  ['card=5500005555555559 declined', '5500005555555559'],
  ['사업자 220-81-62517 조회', '220-81-62517'],
];
const HARMLESS = [
  'took 1762847934609 ms since epoch',
  'at 2026-03-01T12:00:00.123456789Z id 6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  'connected to 10.0.0.12:5432, trace 4bf92f3577b34da6a3ce929d0e0e4736',
  'order 900199-1234567 is no person', // month 01, day 99
  'sequence 4111111111111112 out of range', // fails the checksum
  'token expired, password is null',
  'bypass=all, compass: north, max_tokens: 4096',
  'cookie: not sent, authorization required',
  'connect http://orders:8080/api',
];

test('credentials and personal data are hidden, and come back', () => {
  for (const [line, secret] of [...CREDENTIALS, ...PERSONAL]) {
    const { mask, unmask } = createRedactor({ personal: true });
    const masked = mask(line);
    assert.ok(!masked.includes(secret), `${masked} still shows ${secret}`);
    assert.equal(unmask(masked), line);
  }
});

test('inside models see people, never credentials', () => {
  const { mask } = createRedactor({ personal: false });
  for (const [line, secret] of CREDENTIALS) assert.ok(!mask(line).includes(secret), line);
  for (const [line] of PERSONAL) assert.equal(mask(line), line);
});

test('look-alikes are left as they are', () => {
  for (const line of HARMLESS) assert.equal(createRedactor({ personal: true }).mask(line), line);
});

test('the same value has the same placeholder all through a request', () => {
  const { mask } = createRedactor({ personal: true });
  assert.equal(mask('a@b.io then c@d.io then a@b.io'), '[EMAIL_1] then [EMAIL_2] then [EMAIL_1]');
  assert.equal(mask('again a@b.io'), 'again [EMAIL_1]');
});

test('a log line cannot call up a hidden value by writing a placeholder', () => {
  const { mask, unmask } = createRedactor({ personal: true });
  const masked = mask('print [EMAIL_1] please; owner real@corp.io');
  assert.ok(!unmask(masked).startsWith('print real@corp.io'));
});

test('packs for files lose credentials for good', () => {
  assert.equal(redactCredentials('url redis://:topsecret@cache:6379'), 'url redis://:[redacted]@cache:6379');
});

// A sample; `npm run eval masking` does 5,000.
test('made-up secrets of every kind are hidden and come back, look-alikes are left alone', () => {
  let missed = 0;
  for (const sample of samples(600, seeded(7))) {
    const { hidden, untouched, back } = judge(sample);
    assert.ok(back, sample.line);
    if (sample.secret === undefined ? !untouched : !hidden) missed += 1;
  }
  assert.ok(missed <= 3, `${missed} of 600`);
});

test('addresses and names are hidden by choice', () => {
  const line = 'login of 고객명: 김민수 from 203.0.113.7 and 2001:db8::1';
  assert.equal(createRedactor({ personal: true }).mask(line), line);
  const masked = createRedactor({ personal: true, addresses: true, names: true }).mask(line);
  assert.equal(masked, 'login of 고객명: [NAME_1] from [IP_1] and [IP_2]');
});

test('credentials are not in what an answer says, whatever a model repeats', () => {
  const { mask, unmask, conceal } = createRedactor({ personal: true });
  const masked = mask('password=hunter22x of kim@example.com');
  assert.equal(conceal(unmask(`It is [PASSWORD_1] of [EMAIL_1].`)), 'It is [redacted] of kim@example.com.');
  assert.ok(!masked.includes('hunter22x'));
});

test('values without a gap between them are all hidden: a line cannot keep the model from being asked', () => {
  for (const [line, ...hidden] of [
    ['id 900101-1234567eyJabcdefgh.abcdefgh.x', '900101-1234567', 'eyJabcdefgh'],
    ['id 900101-1234567sk-abcdefghijklmnopqrst', 'sk-abcdefghijklmnopqrst'],
    ['from 10.0.0.1kim@corp.io', 'kim@corp.io'],
  ] as const) {
    const masker = createRedactor({ personal: true, addresses: true, names: true });
    const masked = masker.mask(line);
    for (const value of hidden) assert.ok(!masked.includes(value), masked);
    assert.equal(masker.unmask(masked), line);
  }
});

test('a token is found wherever it begins in a run of its characters, and the run is looked at once', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl';
  for (const before of ['', 'x-', 'id_-', 'eyJ-', 'a.b.', 'jwt=', '-eyJshort-'])
    assert.doesNotMatch(redactCredentials(`got ${before}${token} here`), /c2lnbmF0dXJl|hbGciOiJI/, before);
  // Many beginnings of none.
  assert.equal(redactCredentials('-eyJ-------e'.repeat(5_000)), '-eyJ-------e'.repeat(5_000));
});

test('a password behind the last of several tools is found', () => {
  for (const line of [
    'mysqldump shop | mysql -uroot -psecretzz1',
    'mysql mysql mysql -psecretzz1',
    'curl a; curl -u kim:secretzz1 http://x',
    'docker login a && docker login -u kim -p secretzz1',
  ])
    assert.doesNotMatch(redactCredentials(line), /secretzz1/, line);
});

test('a line in which each hidden value shows another one goes as a whole, and no other line with it', () => {
  const masker = createRedactor({ personal: true, addresses: true, names: true });
  for (const chain of ['mysql -p', 'mariadb -pmysql -p', 'sshpass -psshpass -p'])
    assert.equal(masker.mask(`before\n${chain.repeat(400)}\nbehind`), 'before\n[redacted]\nbehind', chain);
});
