/** A line of this many bytes: what one syslog message or one row of a file may well be. */
export const LINE_BYTES = 65_536;

/** One way to write a line that costs more than others. */
export interface Shape {
  name: string;
  text: string;
}

const ESC = '\u001b';
const WORDS = 'error failed timeout connection pool refused host service'.split(' ');

/** Openers whose end never comes, and pieces that may begin a form at each of their characters. */
const UNITS: Record<string, string> = {
  'ESC ]': `${ESC}]`,
  'ESC ]8;;': `${ESC}]8;;`,
  'ESC ]8;; url': `${ESC}]8;;http://a.b/c`,
  'ESC [': `${ESC}[`,
  'ESC [1;': `${ESC}[1;`,
  'ESC [?': `${ESC}[?25`,
  'ESC P': `${ESC}P`,
  'ESC _': `${ESC}_`,
  'ESC ^': `${ESC}^`,
  'ESC X': `${ESC}X`,
  'ESC (': `${ESC}(`,
  'ESC ESC': `${ESC}${ESC}`,
  'ESC ] of all kinds': `${ESC}]${ESC}P${ESC}_${ESC}^${ESC}X${ESC}[`,
  'ESC ] ended': `${ESC}]0;t\u0007`,
  'ESC [31m': `${ESC}[31mred${ESC}[0m `,
  'C1 OSC': '\u009d',
  'C1 CSI': '\u009b',
  'C1 DCS': '\u0090',
  'C1 PM': '\u009e',
  'C1 APC': '\u009f',
  'C1 ST': '\u009c',
  'caret escapes': '^[[31m',
  'a quote': '"',
  'a quote and a letter': '"a ',
  'an escaped quote': '\\"',
  'a backslash and a quote at the end': '\\\\"',
  'open brackets': '[(<{',
  'open and closed': '[]',
  'nested brackets': '[a(b',
  'structured data': '[a@1 b="c" ',
  'structured data, no end': '[a b="\\]',
  'JSON objects': '{"a":',
  'JSON arrays': '[[',
  'JSON strings': '{"a":"b"},',
  'JSON without end': '{"message":"a","',
  'model braces': '}{',
  'key=value': 'key=value ',
  'key=': 'a=',
  'key="': 'a="',
  "key='": "a='",
  'key: value': 'key: value, ',
  'keys and numbers': 'a_b=1ms ',
  'a name and a number': 'abcns=',
  digits: '7',
  'digits and dots': '1.',
  'digits and commas': '1,234',
  'digits and dashes': '1-',
  'digits and colons': '12:34:',
  'digit and letter': '0a',
  'digit groups': '0000 ',
  addresses: '10.0.0.1 ',
  'addresses without end': '10.0.0.',
  'addresses and ports': '10.0.0.1:5432->',
  'IPv6 groups': 'fe80:',
  'IPv6 colons': 'a::',
  hex: 'deadbeef',
  UUIDs: '123e4567-e89b-12d3-a456-426614174000',
  'UUIDs without end': '123e4567-e89b-',
  times: '2026-11-21T15:04:05.123Z ',
  'times without end': '2026-11-21T',
  'times glued': '2026-11-21T15:04:05',
  epochs: '1795241045 ',
  months: 'Nov 21 15:04:05 ',
  'access times': '[21/Nov/2026:15:04:05 +0900] ',
  'dates in words': 'Jun 20, 2026 1:20:01 PM Korea Standard Time ',
  'dates in words without end': '21-11월-',
  'words of a date': 'Mai.',
  'marks before a time': '####<',
  'words behind a mark': '# Time: Aa ',
  'seconds since a start': '[   12.345678] ',
  'compact times': '[4711:0620/132001.1:',
  'halves of a day': '오전 ',
  'access lines': '1.2.3.4 - - [21/Nov/2026:15:04:05 +0900] "GET / HTTP/1.1" 200 5 ',
  requests: '"GET /a/1 HTTP/1.1" ',
  'requests without end': '"GET /a ',
  methods: 'GET ',
  paths: '/a',
  'paths and queries': '/a?b=c&',
  'Windows paths': 'C:\\a\\',
  URLs: 'http://a.b/c ',
  'URLs without end': 'http://a:b',
  'URLs with users': 'http://u:p@h/ ',
  schemes: '://a:b',
  'mail addresses': 'a@b.co ',
  'mail addresses without end': 'a.b@',
  'mail hosts without end': 'a@a.',
  'names with dots': 'a.b',
  'exception names': 'a.b.CError ',
  'exception names without end': 'a.B',
  'names with capitals': 'Ab',
  ERROR: 'ERROR ',
  errors: 'error',
  'of errors': 'error=0 ',
  'levels in brackets': '[ERROR] ',
  'levels and brackets': 'ERROR [',
  'header words': 'AAAA ',
  bars: '| ',
  'bars between': ' a |',
  dashes: '- ',
  'long dashes': '-----',
  'BEGIN KEY': '-----BEGIN PRIVATE KEY-----',
  'BEGIN words': '-----BEGIN A ',
  JWTs: 'eyJhbGciOiJI.',
  'JWTs without end': '-eyJ-------e',
  passwords: 'password=',
  'passwords and colons': 'password: ',
  'words of passwords': 'password',
  'tokens of vendors': 'sk-aaaaaaaaaaaaaaaaa ',
  bearers: 'Bearer ',
  authorization: 'authorization: ',
  cookies: 'cookie: a=',
  mysql: 'mysql ',
  'mysql -p': 'mysql -p',
  'mysql-': 'mysql-',
  curl: 'curl ',
  'curl -u': 'curl -u a',
  'docker login': 'docker login ',
  'users and hosts': 'a:bcd@',
  cards: '4111 1111 ',
  phones: '010-1234-',
  'resident numbers': '900101-1',
  'names of people': 'name: Kim Lee ',
  'capital words': 'Aa Bb ',
  lookups: 'lookup a.',
  hosts: 'host a',
  'names and ports': 'a-b:80',
  'connect to': 'connect to a',
  listening: 'listening ',
  pool: 'pool ',
  tls: 'tls ',
  'requests from': 'request from ',
  'exit codes': 'exited with ',
  panic: 'panic: ',
  frames: 'at a.b(C.java:1) ',
  'frames without end': 'a(b',
  retry: 'retry=1 ',
  'quoted Korean': '“a',
  'Korean brackets': '「',
  backticks: '`a',
  fences: '```',
  HTML: '<b>',
  mentions: '<@U1',
  'mention signs': '@a',
  links: '](a',
  entities: '&lt;',
  'list marks': '- 1. ',
  'sentence ends': 'A. B! ',
  'question marks': '?!.,',
  'closing marks': ')}],;',
  placeholders: '[KEY_1]',
  'placeholders open': '[KEY_',
  wildcards: '<*>',
  'wildcards open': '<*',
  'template words': '<*>:<*>',
  spaces: ' ',
  tabs: '\t',
  'spaces and a letter': '                a',
  NUL: '\u0000',
  CR: '\r',
  LF: '\n',
  'LF and spaces': '\n   ',
  'LF and frames': '\n\tat a.b(C.java:1)',
  'LF and digits': '\n1',
  LS: '\u2028',
  'no-break spaces': '\u00a0',
  'ideographic spaces': '\u3000',
  Hangul: '가',
  'Hangul words': '서버 오류 ',
  'Hangul and dashes': '-가-',
  'Hangul and particles': '암호는 ',
  'Hangul of askers': 'a에서 ',
  'Hangul jamo': '\u1100\u1161',
  CJK: '漢',
  'combining marks': 'e\u0301',
  'only combining marks': '\u0301',
  emoji: '😀',
  'emoji families': '👨‍👩‍👧‍👦',
  joiners: '\u200d',
  'zero width': '\u200b',
  'variation selectors': '\ufe0f',
  tags: '\u{e0041}',
  flags: '🇰🇷',
  'right to left': '\u05d0',
  overrides: '\u202e',
  isolates: '\u2066',
  'high surrogates': '\ud83d',
  'low surrogates': '\ude00',
  replacement: '\ufffd',
  'byte order marks': '\ufeff',
  'capital I with dot': '\u0130',
  base64: 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo+/',
  percent: '%41',
  'format signs': '%s',
  'cut marks': ' …[+1 chars]… ',
  'cut marks open': ' …[+1',
  'counted left out': '… [+1',
  'many words': 'w ',
  'CSV cells': 'a,',
  'CSV quotes': '"a"",',
  semicolons: 'a;',
};

/** What a line may have before it, so that the shape stands where a message, a field or a request does. */
const CARRIERS: Record<string, (text: string) => string> = {
  'behind a header': (text) => `2026-11-21T15:04:05.123Z ERROR [main] com.shop.Pool - ${text}`,
  'behind a syslog header': (text) => `<27>1 2026-11-21T15:04:05Z web-1 shop 7 - - ${text}`,
  'as a JSON message': (text) =>
    JSON.stringify({ ts: '2026-11-21T15:04:05Z', level: 'error', service: 'shop', msg: text }),
  'as a logfmt value': (text) => `ts=2026-11-21T15:04:05Z level=error msg="${text}" n=1`,
};

/** What the worst input of an expression looks like, as a checker of expressions finds it: a beginning, what is repeated, an end. */
const FOUND: [string, string, string][] = [
  ['_00000000T', '0.0000-0000-0000-00000000-', '\u0000.0'],
  ['(', '(', '0'],
  ['', '\u0000\\"\\', ''],
  ['', '$A$', '.EError'],
  ['0000', '0', '\u0000'],
  ['', '-가-', '\u0000'],
  ['', 'AAAAA', '[AA['],
  ['', 'AAAAAAA\t[AA', ''],
  ['', '0$', ''],
  ['W', 'NH', ''],
  ['A', '.', '\u0000'],
  ['', '\\ \\ - \\ ["\n', ''],
  ['0', 'ns', ''],
  ['', ')', '\u0000)'],
  ['GPU\n0:', '(UUID:I', ''],
  ['', 'A', 'A0'],
  ['', '\n', '\u0000\n+'],
  ['\u0000', '\n\t', '\u0000\n0.'],
  ['', '!', '\u0000!'],
  ['', '「', '"``'],
  ['', '0,00', '간'],
  ['0', '-eyJ-------e', ''],
  ['', 'd\tbcp\u0000', ''],
  ['', 'http -u=', '\n'],
  ['EXHAUST넥', 'P풀', 'T'],
  ['인증N', 'UNAUTHORI', '\n'],
  ['', 'SSL ', '\n'],
  ['', 'TLOOKUP C', 'ONNECTION REFUSEDT\n'],
  ['1', 'EFAILF', '\u0000'],
  ['H', '<@V', ''],
  ['L', 'BOUNDU', '\n'],
  ['', '*', '\u0000.'],
  ['\t', '“「)', '\n'],
  ['터', 'R-', '버'],
  ['', '#', '\n#'],
  ['', "'", "\n'"],
  ['', '{0:', '{0}'],
  ['', '0.00', '\u0000'],
  ['12', '9', 'x'],
  ['', 'a-', '!'],
  ['"', '\\', '"'],
];

/** Words that begin something in an expression of ours, and what may stand behind them without an end. */
const KEYWORDS =
  `status 상태 HTTP HTTP/1 code SQLSTATE errno trace_id span_id Caused-by pool tls ssl certificate listen listening started lookup
  dial connect-to host service upstream server from port bind throw auth password passwd secret token api_key authorization cookie
  set-cookie bearer Basic eyJaaaaaaaa mysql curl http:// https://a:b :// docker-login redis-cli 비밀번호 암호 name 이름 Mr. request-from called-by
  client= error= timeout retry exit exited returned tests job-name expected 0-errors no-errors all-services nothing ignore-previous
  -----BEGIN at goroutine panic thread { [ ( < " ' \` 「 “ \\ // \u001b] \u001b[ @ # &lt; | 1. 1, 1: -> => …[+`
    .split(/\s+/)
    .map((word) => word.replace(/(?<=[a-z])-(?=[a-z])/g, ' '));
const FILLERS = [' ', '\t', 'a', 'A', '0', '.', '-', '=', '"', '_', ',', ':', '가', 'a ', 'a.', '0.'];

const PAIRS = '" \'\\/[]{}()<>=:;,.-_@|#%&*+a0A';

function* plainShapes(): Generator<Shape> {
  const fill = (unit: string): string => unit.repeat(Math.ceil(LINE_BYTES / unit.length));
  for (const [name, unit] of Object.entries(UNITS)) yield { name, text: fill(unit) };
  for (let code = 0; code < 128; code += 1)
    yield { name: `character ${code}`, text: fill(String.fromCharCode(code)) };
  // Halves: what is looked for in the second half is sought from every place of the first.
  for (const [first, second] of [
    ['(', '0'],
    ['"', '\\'],
    ['[', ']'],
    ['0', ' '],
    [' ', '['],
    ['a', '.'],
    ['mysql-', '\t'],
    ['{', '}'],
    ['a.', 'Error'],
    ['<', '>'],
    [`${ESC}]`, 'a'],
    ['a', `${ESC}]`],
    [`${ESC}[`, '0'],
    ['\n', ' '],
  ] as const)
    yield {
      name: `${JSON.stringify(first)} then ${JSON.stringify(second)}`,
      text: fill(first).slice(0, LINE_BYTES / 2) + fill(second).slice(0, LINE_BYTES / 2),
    };
  for (const [begin, unit, end] of FOUND)
    yield {
      name: `found ${JSON.stringify(begin + unit + end)}`,
      // At the length a message is kept in, and at that of the line, so that the end is there.
      text: begin + fill(unit).slice(0, ((LINE_BYTES - 256) / Buffer.byteLength(unit)) * unit.length) + end,
    };
  for (const word of KEYWORDS)
    for (const filler of FILLERS)
      yield { name: `${word} and ${JSON.stringify(filler)}`, text: word + fill(filler) };
  yield {
    name: 'JSON, deep',
    text: `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`,
  };
  yield { name: 'JSON arrays, deep', text: `${'['.repeat(32_000)}${']'.repeat(32_000)}` };
  yield {
    name: 'JSON, many keys',
    text: JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]))),
  };
  yield { name: 'many different words', text: Array.from({ length: 9_000 }, (_, i) => `w${i}x`).join(' ') };
  yield { name: 'many pairs', text: Array.from({ length: 6_000 }, (_, i) => `k${i}=v${i}`).join(' ') };
  yield {
    name: 'words of failures',
    text: Array.from({ length: 8_000 }, (_, i) => WORDS[(i * i) % WORDS.length]).join(' '),
  };
}

/** Cuts to the bytes of a line, at a character's end. */
function cutBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LINE_BYTES) return text;
  let end = LINE_BYTES;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

/** All shapes, each of at most 64 KB in UTF-8. */
export function* hostileShapes(): Generator<Shape> {
  for (const { name, text } of plainShapes()) {
    yield { name, text: cutBytes(text) };
    if (name.includes(' and ')) continue;
    for (const [how, carry] of Object.entries(CARRIERS))
      yield { name: `${name}, ${how}`, text: cutBytes(carry(text)) };
  }
  for (const first of PAIRS)
    for (const second of PAIRS)
      if (first !== second)
        yield { name: `pair ${first}${second}`, text: (first + second).repeat(LINE_BYTES / 2) };
}
