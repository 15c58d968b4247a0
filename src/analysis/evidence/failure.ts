import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { isError, type Level, type LogRecord } from '../../domain/log/record.ts';

/** Most specific first: the first that matches names the kind. */
const PATTERNS: [FailureKind, RegExp][] = [
  [
    'memory',
    /out ?of ?memory|oom[- ]?kill|\boom\b|\bmemoryerror\b|cannot allocate memory|heap space|메모리\s*(부족|초과)/i,
  ],
  [
    'pool',
    /too many (?:connections|open files|clients)|connection slots|pool\b.{0,60}(?:exhaust|empty|drained|time(?:d)? ?out|full|no (?:free|available)|not available)|(?:exhaust|no (?:free|available)).{0,40}\bpool\b|풀.{0,20}(?:고갈|부족|소진)|커넥션.{0,20}(?:고갈|부족|소진)/i,
  ],
  [
    'disk',
    /no space left|disk (?:is )?full|enospc|disk quota|read-only file ?system|디스크.{0,12}(?:부족|가득)/i,
  ],
  ['deadlock', /deadlock|lock wait timeout|교착/i],
  ['port', /address already in use|eaddrinuse|port \d+ .{0,30}already|bind\b.{0,40}(?:failed|in use)/i],
  [
    'crash',
    /\bpanic\b|segmentation fault|segfault|\bsig(?:segv|kill|abrt|term)\b|core dumped|traceback \(most recent|unhandled (?:exception|rejection)|back-?off restarting|crashloop|terminated unexpectedly|uncaught (?:exception|error)|exception in thread|application run failed|^\s*(?:if \(.{1,40}\) )?throw \w+;?\s*$|비정상 종료/i,
  ],
  [
    'config',
    /(?:invalid|bad|illegal|malformed) (?:config\w*|argument|value|option|url|uri|address)|missing (?:required )?(?:config\w*|env\w*|variable|property|secret|parameter)|unknown (?:option|property|database|column|flag)|could not resolve placeholder|not configured|no such (?:file|table|column|property)|설정.{0,12}(?:오류|없|잘못)/i,
  ],
  [
    'auth',
    /access denied|permission denied|unauthori[sz]ed|authentication (?:failed|failure|error)|auth\w{0,30} failed|invalid (?:password|credential\w*|token|api key)|forbidden|noauth|wrongpass|인증.{0,8}(?:실패|오류)|권한.{0,8}(?:없|거부)/i,
  ],
  [
    'tls',
    /(?:certificate|x509|\b(?:tls|ssl)\b).{0,60}(?:error|fail|invalid|expired|unknown authority|not trusted|verify|mismatch|alert)|(?:fail|invalid|expired).{0,40}certificate/i,
  ],
  [
    'dns',
    /no such host|name or service not known|enotfound|eai_again|unknown ?host|(?:could not|cannot|failed to|unable to) resolve|name resolution|nxdomain|이름.{0,8}확인.{0,8}(?:실패|없)/i,
  ],
  [
    'refused',
    /connection (?:was |is )?refused|econnrefused|actively refused|connect failed|no route to host|host is unreachable|연결.{0,8}거부/i,
  ],
  ['timeout', /timed[ -]?out|time-?out|deadline exceeded|etimedout|시간\s*초과|타임아웃|응답\s*없/i],
  [
    'reset',
    /connection (?:was )?(?:reset|closed|aborted|lost)|econnreset|broken pipe|epipe|socket hang up|unexpected eof|연결.{0,8}(?:끊|종료)|communications? link failure/i,
  ],
  ['limited', /too many requests|rate.?limit|throttl|quota exceeded|요청.{0,8}(?:과다|제한)/i],
  [
    'unavailable',
    /unavailable|no healthy upstream|upstream connect|circuit ?breaker|no (?:available |healthy )?(?:server|instance|endpoint|backend)s? (?:is |are )?(?:available|found)|bad gateway|연결 실패|서비스.{0,8}(?:불가|중단)/i,
  ],
  [
    'status',
    /\b(?:http|status|code|response)\b[^\n]{0,24}\b5\d\d\b|"\s5\d\d\s|\b50[0234] (?:internal|not impl|bad|service|gateway)/i,
  ],
  [
    'error',
    /\berror\b|\bfail(?:ed|ure|s)?\b|exception\b|\bfatal\b|\bcannot\b|\bunable to\b|could not|실패|오류|예외|에러|장애/i,
  ],
];

/** The resolver itself did not answer: a fault of the asking side, unlike a name that does not exist. */
const RESOLVER =
  /temporary failure in name resolution|eai_again|lookup .{0,120}(?:timeout|timed out|server misbehaving|connection refused)/i;

export const isResolverFailure = (text: string): boolean => RESOLVER.test(text);

const ROOT: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'memory',
  'pool',
  'disk',
  'deadlock',
  'crash',
  'port',
  'config',
  'auth',
  'tls',
]);

/** Whether a failure of this kind lies with the service that logs it rather than with the one it calls. */
export const isRoot = (kind: FailureKind): boolean => ROOT.has(kind);

/** It names no kind of failure, as it occurs in healthy systems too. */
export const isVague = (kind: FailureKind): boolean => kind === 'error' || kind === 'status';

const UNANSWERED: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'dns',
  'refused',
  'timeout',
  'reset',
  'unavailable',
]);

/** Whether a failure of this kind is that of a connection: it did not come about, or it broke. */
export const isUnanswered = (kind: FailureKind): boolean => UNANSWERED.has(kind);

/** Lines of a stack trace below its head: they say where, not what. */
const FRAME = /^\s*(?:at [\w$.<>/]+[( ]|\.{3} \d+ (?:more|common)|File "[^"]+", line \d+|goroutine \d+ \[)/;

export const isFrame = (text: string): boolean => FRAME.test(text);

/** The kind of failure a text tells of; undefined when it tells of none. Only general vocabulary, ko and en. */
export function failureKind(text: string): FailureKind | undefined {
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];
}

const CALM: ReadonlySet<Level> = new Set<Level>(['trace', 'debug', 'info']);
/** Words that make a line calm though it names a failure: a setting, a counter at zero, a recovery. */
const HARMLESS =
  /\b(?:0|no|without|zero) (?:errors?|failures?)\b|(?:error|fail|retr|timeout)[\w.]{0,60}\s*[=:]\s*(?:0\b|null|none|false|\d+\s*(?:(?:ms|s|m)\s*)?$)|\btime-?out(?: \(\w+\))?\s*[=:]\s*\d+\b(?! ?(?:ms|s)? exceeded)|recovered|successfully|temporarily unavailable for telemetry|deprecat/i;

const REASON =
  /(?:^|[._-])(?:err(?:or)?s?|exception|cause|reason|detail|stack(?:_?trace)?|desc(?:ription)?|failure)(?:$|[._-])/i;

/** What a record says: its message, and in structured lines the reason, which stands in a field of its own. */
export function saying(record: LogRecord): string {
  const reasons = Object.entries(record.attributes)
    .filter(([key, value]) => typeof value === 'string' && REASON.test(key))
    .map(([, value]) => value);
  return reasons.length > 0 ? `${record.message}: ${reasons.join('; ')}` : record.message;
}

/** The kind of failure a record tells of: its level counts as well as its words. */
export function recordFailure(record: LogRecord): FailureKind | undefined {
  if (isFrame(record.message)) return undefined;
  const text = saying(record);
  const kind = failureKind(record.errorCode ? `${record.errorCode} ${text}` : text);
  if (isError(record.level)) return kind ?? 'error';
  if (record.request?.status !== undefined && record.request.status >= 500) return kind ?? 'status';
  if (kind === undefined || HARMLESS.test(text)) return undefined;
  // A calm line must say something specific; the words `error` and `failed` occur in many healthy lines.
  if (CALM.has(record.level) && (kind === 'error' || kind === 'status' || kind === 'unavailable'))
    return undefined;
  return kind;
}
