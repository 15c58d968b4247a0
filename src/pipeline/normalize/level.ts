import type { Level } from '../../domain/log/record.ts';

const WORDS: Record<string, Level> = {
  trace: 'trace',
  verbose: 'trace',
  finest: 'trace',
  finer: 'trace',
  추적: 'trace',
  debug: 'debug',
  dbg: 'debug',
  fine: 'debug',
  디버그: 'debug',
  info: 'info',
  information: 'info',
  informational: 'info',
  inf: 'info',
  notice: 'info',
  config: 'info',
  log: 'info',
  정보: 'info',
  알림: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  경고: 'warn',
  주의: 'warn',
  err: 'error',
  error: 'error',
  severe: 'error',
  failure: 'error',
  오류: 'error',
  에러: 'error',
  실패: 'error',
  fatal: 'fatal',
  crit: 'fatal',
  critical: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
  심각: 'fatal',
  치명: 'fatal',
  치명적: 'fatal',
  긴급: 'fatal',
};
/** Every word in lower case, in capitals and with one capital: looked up as it stands, in nearly every line. */
const SPELLINGS = new Map<string, Level>();
for (const [word, level] of Object.entries(WORDS))
  for (const spelling of [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)])
    SPELLINGS.set(spelling, level);
/** Single letters stand for a level only where a header has one (logcat, klog). */
const LETTERS: Record<string, Level> = {
  V: 'trace',
  T: 'trace',
  D: 'debug',
  I: 'info',
  W: 'warn',
  E: 'error',
  F: 'fatal',
};

/** The level a header's word names; undefined when it names none. */
export function levelOfWord(word: string): Level | undefined {
  if (word.length === 1) return LETTERS[word];
  return word.length > 13 ? undefined : SPELLINGS.get(word);
}

/** Syslog severity 0 (emergency) to 7 (debug). */
export const levelOfSeverity = (severity: number): Level =>
  severity <= 2
    ? 'fatal'
    : severity === 3
      ? 'error'
      : severity === 4
        ? 'warn'
        : severity <= 6
          ? 'info'
          : 'debug';

/** A level field of a structured record: a word, pino's or bunyan's tens, a syslog severity. */
export function levelOf(value: unknown): Level | undefined {
  if (typeof value === 'string') {
    const text = value.trim();
    return levelOfWord(text) ?? (/^\d{1,2}$/.test(text) ? levelOf(Number(text)) : undefined);
  }
  if (typeof value !== 'number') return undefined;
  if (value >= 10 && value <= 60)
    return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor(value / 10) - 1];
  return value >= 0 && value <= 7 && Number.isInteger(value) ? levelOfSeverity(value) : undefined;
}

const FATAL = /\b(?:fatal|panic|kernel panic|out of memory|segfault|core dumped)\b|치명적|심각한/i;
const ERROR =
  /(?<!\b(?:no|zero|0|without)\s)\b(?:error|errors|err|severe)\b(?![:=]\s?(?:0|nil|none|null|false)\b)|\w(?:Exception|Error)\b|\bTraceback\b|\bFAIL(?:ED|URE)\b|(?:오류|에러|예외)(?!\s?(?:없|0))/i;
const WARN =
  /\b(?:warn|warning|failed|failure|timed out|timeout|refused|denied|retrying)\b|경고|실패|시간\s?초과|지연/i;

/** A word in capitals with a colon among the first of a message, behind what the header does not know: `app@shop LOG:  …`. */
const LABEL = /^(?:\S{1,80}\s{1,4}){0,3}?([A-Z]{3,9}):\s/;

/** The level of a message whose header names none: that of its label where it has one, else from the words in it. */
export function levelOfMessage(message: string): Level {
  const text = message.length > 1_000 ? message.slice(0, 1_000) : message;
  const label = LABEL.exec(text);
  const named = label && levelOfWord(label[1]!);
  if (named) return named;
  if (FATAL.test(text)) return 'fatal';
  if (ERROR.test(text)) return 'error';
  return WARN.test(text) ? 'warn' : 'info';
}
