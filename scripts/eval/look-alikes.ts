import { business, card, DIGITS, HEX, LOWER, time } from './secrets.ts';
import type { Seeded } from './seeded.ts';

const shifted = (digits: string): string => digits.replace(/\d(?=\D*$)/, (d) => String((Number(d) + 1) % 10));

/** What looks like a secret and is none. */
export const lookAlikes: Record<string, (r: Seeded) => string> = {
  'hash or id': (r) =>
    time(r) +
    r.pick([
      `trace ${r.text(32, HEX)} done`,
      `commit ${r.text(40, HEX)} built`,
      `request ${r.text(8, HEX)}-${r.text(4, HEX)}-4${r.text(3, HEX)}-a${r.text(3, HEX)}-${r.text(12, HEX)}`,
      `image sha256:${r.text(64, HEX)} pulled`,
      `etag "${r.text(16, HEX)}"`,
    ]),
  'long number': (r) =>
    time(r) +
    r.pick([
      `offset ${r.int(10 ** 12, 10 ** 13 - 1)} committed`,
      `at epoch ${1_760_000_000_000 + r.int(0, 10 ** 9)} ms`,
      `order 2026${r.text(10, DIGITS)} shipped`,
      `blk_${r.text(19, DIGITS)} replicated`,
      `took ${r.int(10 ** 8, 10 ** 9)} ns`,
    ]),
  'wrong checksum': (r) =>
    time(r) +
    r.pick([
      () => `sequence ${shifted(card(r).replace(/\D/g, ''))} out of range`,
      () => `document ${shifted(business(r))} filed`,
      () => `serial ${r.int(10, 99)}13${r.int(32, 99)}-${r.text(7, DIGITS)} scanned`,
    ])(),
  'word about a password': (r) =>
    time(r) +
    r.pick([
      'password is required',
      'the password is wrong for user kim',
      'password is incorrect, 3 tries left',
      'password is too short',
      'invalid password for user root',
      'token expired, please log in again',
      'secret not found in vault',
      'password: null',
      'password=<*>',
      'password must not be empty',
      'password has been changed',
      'no password supplied (using password: YES)',
      '비밀번호가 일치하지 않습니다',
      '비밀번호는 필수입니다',
      '비밀번호를 입력해 주세요',
      '비밀번호가 변경되었습니다',
      '토큰이 만료되었습니다',
      '암호는 8자 이상이어야 합니다',
    ]),
  'name like a secret': (r) =>
    time(r) +
    r.pick([
      'max_tokens: 4096, bypass=all',
      'compass: north',
      'tokenizer=bpe loaded',
      'passenger=12 boarded',
      'prompt_tokens=311 completion_tokens=22',
      'sessions=14 open',
      'passed: 42, failed: 0',
      'secretary=on duty',
      'token_count: 512',
      'keyspace=orders opened',
      'authorization required',
      'cookie: not sent',
    ]),
  'flag with p': (r) =>
    time(r) +
    r.pick([
      'exec mkdir -p /var/lib/data',
      'docker run -p 8080:80 web',
      'ssh -p 2222 deploy@host-2',
      'nc -p 9000 listening',
      'cp -pr src dst',
      'mysql -h db -P 3306 -u root shop',
      'tar -pxf archive.tar',
      'ps -aux done',
    ]),
  'time and version': (r) =>
    time(r) +
    r.pick([
      `started at 2026-05-04T09:${r.int(10, 59)}:${r.int(10, 59)}.${r.text(9, DIGITS)}Z`,
      `version ${r.int(1, 9)}.${r.int(0, 30)}.${r.int(0, 99)}-rc.${r.int(1, 9)} ready`,
      `took 02:${r.int(10, 59)}:${r.int(10, 59)}`,
      `range 100-${r.int(200, 999)} of ${r.int(1_000, 9_999)}`,
      `date 2026-05-0${r.int(1, 9)} 10:${r.int(10, 59)}`,
    ]),
  'address of a thing': (r) =>
    time(r) +
    r.pick([
      `GET http://orders:${r.int(1_000, 9_999)}/api/v${r.int(1, 3)} 200`,
      `dial tcp ${r.int(1, 223)}.${r.int(0, 255)}.0.7:${r.int(1_000, 9_999)}: refused`,
      `git clone git@host-${r.int(1, 9)}:team/repo`,
      'listen :8080, upstream app:8081@zone-a',
      `pod web-${r.text(9, HEX)}-${r.text(5, LOWER)} ready`,
      'annotation @Transactional at com.shop.Order',
      'package @scope/name@1.2.3 installed',
    ]),
  'call of numbers': (r) =>
    time(r) +
    r.pick([
      `retry 3 of 5 in ${r.int(100, 999)} ms`,
      `pool 40/40, waiting ${r.int(1, 99)}`,
      `lines ${r.int(100, 999)}-${r.int(1_000, 9_999)} parsed`,
      `id=${r.int(100, 999)}-${r.int(10, 99)}-${r.int(100, 999)} stored`,
      `part ${r.int(1, 9)}-${r.int(100, 999)}-${r.int(100, 999)}`,
      `heap ${r.int(100, 999)} MB of 2048 MB`,
    ]),
};
