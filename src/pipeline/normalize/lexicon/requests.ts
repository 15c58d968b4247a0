// Words around requests in log lines. Entries are parts of regular expressions.

/** HTTP methods that are followed by a path. TRACE and CONNECT are left out: TRACE is also a level, and CONNECT has no path. */
export const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
]);

/** Words before a status. */
export const STATUS_INTRODUCTIONS = [
  '\\brespon(?:se|ded)(?: with)?',
  '\\breturn(?:ed|s)(?: with)?',
  '\\banswered(?: with)?',
  '=>',
  '->',
  '→',
  '응답',
  '결과',
];

/** Words after a bare number that is a status; a noun would make it a count. */
export const WORDS_AFTER_STATUS = ['in', 'after', 'took', 'ok', 'for', 'and', 'with', 'within'];
export const KOREAN_AFTER_STATUS = ['소요', '응답', '처리', '완료', '성공', '실패'];

/** Words before a duration that is a setting or a plan, and not how long the request took. */
export const PLANNED_WORDS = [
  'retr(?:y|ies)',
  'again',
  'will',
  'schedul',
  'time-?out',
  'limit',
  'deadline',
  'back-?off',
  'wait',
  'sleep',
  'interval',
  'every',
  'ttl',
  'expire',
  'max-?age',
  '재시도',
  '제한',
  '대기',
  '간격',
  '만료',
  '예정',
];

/** Words that may stand between a request and its duration when there is no status. */
export const OUTCOME_WORDS = [
  'HTTP',
  'request',
  'complete[ds]?',
  'finish(?:ed)?',
  'done',
  'handled',
  'processed',
  'served',
  'took',
  'taken',
  'in',
  'after',
  'within',
  'duration',
  'elapsed',
  'latency',
  'time',
  'total',
  'rt',
  'ok',
  'success(?:ful(?:ly)?)?',
  'failed',
  'timed',
  'out',
];
export const KOREAN_OUTCOME_WORDS = [
  '완료',
  '처리',
  '소요',
  '응답',
  '시간',
  '요청',
  '걸림',
  '됨',
  '성공',
  '실패',
  '초과',
];

/** Words by which a sentence refers to a request: `upstream failed for GET /orders after 300 ms`. */
export const REFERRING_WORDS = ['for', 'of', 'on', 'to', 'from', 'during', 'while', 'with'];
