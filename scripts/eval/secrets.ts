import type { Seeded } from './seeded.ts';

export const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const ALNUM = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789`;
export const HEX = '0123456789abcdef';
export const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

type Made = { line: string; secret: string };
const HOSTS = ['db.internal', 'cache-2', '10.0.3.7', 'pg.example.net', 'localhost'];
const USERS = ['app', 'svc_orders', 'root', 'reader', 'kim'];
const KOREAN_NAMES = ['김민수', '이서연', '박지훈', '최유진', '정하늘', '한도윤'];
const ENGLISH_NAMES = ['Grace Hopper', 'John Smith', 'Mina Park', 'Ada Moreno'];

/** A password as people make them: letters, digits, often a sign. */
const password = (r: Seeded): string =>
  r.pick([
    () => `${r.text(6, LOWER)}${r.int(10, 9_999)}`,
    () => `${r.text(4, ALNUM)}${r.pick(['!', '#', '$', '*', '_', '^'])}${r.text(6, ALNUM)}`,
    () => r.text(r.int(9, 24), ALNUM),
    () => `${r.text(5, LOWER)}-${r.text(5, LOWER)}${r.int(1, 99)}`,
  ])();

const luhn = (body: string): string => {
  const sum = [...body].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return body + String((10 - (sum % 10)) % 10);
};
export const card = (r: Seeded): string => {
  const number = luhn(r.pick(['4', '51', '55', '3528', '62']).padEnd(6, '1') + r.text(9, DIGITS));
  return r.pick([number, number.replace(/(\d{4})(?=\d)/g, '$1 '), number.replace(/(\d{4})(?=\d)/g, '$1-')]);
};
const birth = (r: Seeded): string =>
  `${String(r.int(50, 99))}${String(r.int(1, 12)).padStart(2, '0')}${String(r.int(1, 28)).padStart(2, '0')}`;
const rrn = (r: Seeded): string => {
  const body = `${birth(r)}${r.pick(['1', '2'])}${r.text(5, DIGITS)}`;
  const sum = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5].reduce((s, w, i) => s + w * Number(body[i]), 0);
  const whole = body + String((11 - (sum % 11)) % 10);
  return r.pick([`${whole.slice(0, 6)}-${whole.slice(6)}`, whole]);
};
export const business = (r: Seeded): string => {
  const body = `${r.int(101, 799)}${r.int(10, 99)}${r.text(4, DIGITS)}`;
  const sum =
    [1, 3, 7, 1, 3, 7, 1, 3, 5].reduce((s, w, i) => s + w * Number(body[i]), 0) +
    Math.floor((Number(body[8]) * 5) / 10);
  const whole = body + String((10 - (sum % 10)) % 10);
  return `${whole.slice(0, 3)}-${whole.slice(3, 5)}-${whole.slice(5)}`;
};
/** What may stand before a message. */
export const time = (r: Seeded): string =>
  r.pick([
    '',
    `2026-05-0${r.int(1, 9)}T1${r.int(0, 9)}:${r.int(10, 59)}:${r.int(10, 59)}.${r.int(100, 999)}Z INFO [auth] `,
    `May  ${r.int(1, 9)} 10:${r.int(10, 59)}:${r.int(10, 59)} host-${r.int(1, 9)} app[${r.int(100, 9_999)}]: `,
  ]);
const within = (r: Seeded, secret: string, forms: string[]): Made => ({
  secret,
  line: time(r) + r.pick(forms).replace('@@', () => secret),
});

/** Kinds of secrets and how they stand in logs. */
export const secrets: Record<string, (r: Seeded) => Made> = {
  'vendor key': (r) =>
    within(
      r,
      r.pick([
        () => `sk-proj-${r.text(32, ALNUM)}`,
        () => `AKIA${r.text(16, UPPER)}`,
        () => `ghp_${r.text(36, ALNUM)}`,
        () => `xoxb-${r.text(11, DIGITS)}-${r.text(11, DIGITS)}-${r.text(24, ALNUM)}`,
        () => `glpat-${r.text(20, ALNUM)}`,
        () => `AIza${r.text(35, ALNUM)}`,
        () => `sk_live_${r.text(24, ALNUM)}`,
        () => `hf_${r.text(34, ALNUM)}`,
        () => `npm_${r.text(36, ALNUM)}`,
      ])(),
      [
        'calling vendor with @@',
        'key @@ was rejected',
        '{"event":"call","key":"@@"}',
        'env KEY=@@ set',
        '키 @@ 인증 실패',
      ],
    ),
  'bearer token': (r) =>
    within(r, r.text(r.int(20, 60), ALNUM), [
      'Authorization: Bearer @@',
      'header authorization=Bearer @@ forwarded',
      '{"headers":{"authorization":"Bearer @@"}}',
      'proxy sent "Bearer @@" upstream',
    ]),
  JWT: (r) =>
    within(r, `eyJ${r.text(20, ALNUM)}.eyJ${r.text(40, ALNUM)}.${r.text(43, ALNUM)}`, [
      'token @@ expired',
      'jwt=@@',
      'decode of @@ failed',
      '{"id_token":"@@"}',
    ]),
  'password in a URL': (r) => {
    const secret = password(r).replace(/[#^]/g, '*');
    const url = `${r.pick(['postgres', 'redis', 'amqp', 'https', 'mongodb+srv'])}://${r.pick([...USERS, ''])}:@@@${r.pick(HOSTS)}:5432/shop`;
    return within(r, secret, [`connecting to ${url}`, `DSN=${url}`, `{"url":"${url}"}`, `연결 실패: ${url}`]);
  },
  'user:password@host': (r) => {
    const secret = `${r.text(5, LOWER)}${r.int(10, 999)}${r.pick(['', '!', '_x'])}`;
    const at = `${r.pick(USERS)}:@@@${r.pick(HOSTS)}`;
    return within(r, secret, [
      `connect ${at}:5432 failed`,
      `dsn ${at}/orders`,
      `mysql dsn: ${at}`,
      `연결 ${at} 실패`,
    ]);
  },
  'password in -p': (r) =>
    within(r, password(r), [
      'exec: mysql -h db -uroot -p@@ shop',
      'cmd mysqldump --user=root --password=@@ shop',
      'redis-cli -h cache -a @@ ping',
      'sshpass -p @@ ssh deploy@host-2',
      'psql --password @@ -h db',
      'sqlcmd -S db -U sa -P @@ -Q "select 1"',
      'docker login -u ci -p @@ registry.local',
      'curl -u admin:@@ http://grafana:3000/api',
    ]),
  'password field': (r) =>
    within(r, password(r), [
      'login user=kim password=@@ failed',
      '{"user":"kim","password":"@@"}',
      'DB_PASSWORD: @@',
      'spring.datasource.password=@@',
      'POST /login?user=a&pwd=@@ 401',
      '비밀번호=@@ 불일치',
      '{"body":"{\\"passwd\\":\\"@@\\"}"}',
      'client_secret=@@&grant_type=code',
      'secret_key: "@@"',
      '암호: @@',
    ]),
  'password in prose': (r) =>
    within(r, `${r.text(5, LOWER)}${r.int(10, 9_999)}${r.pick(['', '!', '#'])}`, [
      'the password is @@ now',
      'user reset, new password is @@',
      'Your temporary password is: @@',
      'passphrase is @@',
      '비밀번호는 @@ 입니다',
      '임시 비밀번호는 @@예요',
      '새 암호는 @@ 입니다',
      '비밀번호가 @@ 로 변경되었습니다',
      'password set to @@ by admin',
      'password changed to "@@"',
    ]),
  session: (r) =>
    within(r, r.text(r.int(16, 40), ALNUM), [
      'GET /cart?sessionid=@@ 200',
      'sessionid=@@ opened',
      'Cookie: theme=dark; JSESSIONID=@@',
      'Set-Cookie: sid=@@; Path=/; HttpOnly',
      '{"session_id":"@@"}',
      'PHPSESSID=@@ expired',
      'session_token: @@',
    ]),
  'private key': (r) => {
    const secret = r.text(64, ALNUM);
    const name = r.pick(['RSA PRIVATE KEY', 'PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'EC PRIVATE KEY']);
    return within(r, secret, [
      `-----BEGIN ${name}-----\n@@\n-----END ${name}-----`,
      `{"key":"-----BEGIN ${name}-----\\n@@\\n-----END ${name}-----\\n"}`,
      `loaded -----BEGIN ${name}----- @@`,
    ]);
  },
  email: (r) =>
    within(
      r,
      `${r.text(r.int(3, 9), LOWER)}${r.pick(['.', '_', '+x', ''])}${r.text(3, LOWER)}@${r.text(6, LOWER)}.${r.pick(['com', 'co.kr', 'io', 'example'])}`,
      [
        'mail to @@ bounced',
        'user=@@ logged in',
        '<@@>: rejected',
        '{"email":"@@"}',
        '고객 @@ 가입',
        'login:@@,ok',
      ],
    ),
  phone: (r) =>
    within(
      r,
      r.pick([
        () => `010-${r.int(2_000, 9_999)}-${r.int(1_000, 9_999)}`,
        () => `010${r.int(2_000, 9_999)}${r.int(1_000, 9_999)}`,
        () => `010 ${r.int(2_000, 9_999)} ${r.int(1_000, 9_999)}`,
        () => `+82-10-${r.int(2_000, 9_999)}-${r.int(1_000, 9_999)}`,
        () => `02-${r.int(200, 999)}-${r.int(1_000, 9_999)}`,
        () => `031-${r.int(200, 999)}-${r.int(1_000, 9_999)}`,
        () => `+1 ${r.int(201, 989)} ${r.int(200, 999)} ${r.int(1_000, 9_999)}`,
        () => `+44 20 ${r.int(2_000, 9_999)} ${r.int(1_000, 9_999)}`,
        () => `(${r.int(201, 989)}) ${r.int(200, 999)}-${r.int(1_000, 9_999)}`,
      ])(),
      ['call @@ back', 'sms to @@ failed', '고객 연락처 @@', '{"phone":"@@"}', '전화번호: @@ 확인', 'tel=@@'],
    ),
  'resident number': (r) =>
    within(r, rrn(r), ['rrn @@ rejected', '주민등록번호 @@ 오류', '{"rrn":"@@"}', '실명확인 @@ 실패']),
  'business number': (r) =>
    within(r, business(r), ['biz @@ not found', '사업자등록번호 @@ 조회', '{"brn":"@@"}', 'vendor=@@']),
  card: (r) =>
    within(r, card(r), [
      'card @@ declined',
      '카드 @@ 승인 거절',
      '{"pan":"@@"}',
      'charge card=@@ amount=100',
    ]),
  'address (option)': (r) =>
    within(r, `${r.int(11, 223)}.${r.int(0, 255)}.${r.int(0, 255)}.${r.int(1, 254)}`, [
      'login from @@ denied',
      'client=@@ method=GET',
      'connect to @@:5432 refused',
      '접속 @@ 차단',
    ]),
  'name (option)': (r) => {
    const korean = r.next() < 0.5;
    return korean
      ? within(r, r.pick(KOREAN_NAMES), [
          '고객명: @@',
          '이름=@@ 등록',
          '@@ 님이 로그인',
          '성명 : @@, 확인',
          '{"이름":"@@"}',
        ])
      : within(r, r.pick(ENGLISH_NAMES), [
          'customer name: @@',
          'full_name="@@"',
          '{"name":"@@"}',
          'Mr. @@ called',
          'Dear @@,',
        ]);
  },
};
