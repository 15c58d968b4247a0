import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { isReasonField } from '../../domain/log/reason-field.ts';
import { isError, type Level, type LogRecord } from '../../domain/log/record.ts';
import { failureAbroad, isOverAbroad } from '../../lexicon/phrases-abroad.ts';
import { Lexicon } from '../lexicon/lexicon.ts';

const LEXICON = new Lexicon('failure-kinds');
/** Calm lines in which a failure is named but did not happen. */
const HARMLESS = LEXICON.pattern('harmless');
/** Lines that tell of a success and may quote a failure, whatever their level. */
const PASSED = LEXICON.pattern('passed');
const ORDERLY = LEXICON.pattern('orderly');
const LAST_WORDS = LEXICON.pattern('last-words');
/** The other sections are kinds of failure. */
const NO_KINDS: ReadonlySet<string> = new Set(['harmless', 'passed', 'orderly', 'last-words']);
/** The most specific kinds first: the first match is the kind. */
const PATTERNS: [FailureKind, RegExp][] = LEXICON.sections
  .filter((section) => !NO_KINDS.has(section))
  .map((kind) => [kind as FailureKind, LEXICON.pattern(kind)]);

/** The resolver itself did not answer: a fault on the side of the caller, unlike a name that does not exist. */
const RESOLVER =
  /temporary failure in name resolution|eai_again|lookup .{0,120}(?:timeout|timed out|server misbehaving|connection refused)/i;

export const isResolverFailure = (text: string): boolean => RESOLVER.test(text);

const ROOT: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'memory',
  'pool',
  'disk',
  'limit',
  'deadlock',
  'crash',
  'port',
  'config',
  'auth',
  'tls',
]);

/** Whether a failure of this kind is the fault of the service that logs it, not of the one it calls. */
export const isRoot = (kind: FailureKind): boolean => ROOT.has(kind);

/** Whether a kind says only that something failed. Such lines occur in healthy systems too. */
export const isVague = (kind: FailureKind): boolean => kind === 'error' || kind === 'status';

const UNANSWERED: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'dns',
  'refused',
  'timeout',
  'reset',
  'unavailable',
]);

/** Whether a failure of this kind is that of a connection: it could not be made, or it broke. */
export const isUnanswered = (kind: FailureKind): boolean => UNANSWERED.has(kind);

/** Lines of a stack trace below the first one: they show where it failed, not why. */
const FRAME = /^\s*(?:at [\w$.<>/]+[( ]|\.{3} \d+ (?:more|common)|File "[^"]+", line \d+|goroutine \d+ \[)/;

export const isFrame = (text: string): boolean => FRAME.test(text);

/** The kind of failure that a text reports; undefined if it reports none. Only general vocabulary. */
export function failureKind(text: string): FailureKind | undefined {
  const kind = PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];
  // Many languages say `error` as English does; what failed is in their own words.
  return kind === undefined || kind === 'error' ? (failureAbroad(text) ?? kind) : kind;
}

/** Whether some line of a template may report a failure: a number that it hides may be a code that tells. */
export const mayFail = (pattern: string): boolean =>
  failureKind(pattern) !== undefined ||
  (pattern.includes('<*>') && failureKind(pattern.replaceAll('<*>', '9')) !== undefined);

const CALM: ReadonlySet<Level> = new Set<Level>(['trace', 'debug', 'info']);
/** A field with a stack trace, which names the reason in its first line. */
const STACK = /(?:^|[._-])stack(?:_?trace)?(?:$|[._-])/i;

/** Where in the code it was noticed: `proxy.statusError (proxy.go:1373)`. */
const PLACE_IN_CODE = /^[\w$./<>-]{1,200}(?::\d{1,7}| ?\([\w$./<>-]{1,200}:\d{1,7}\))$/;

/** A record's message, and for structured lines the reason, which is in a field of its own. */
export function saying(record: LogRecord): string {
  const reasons = Object.entries(record.attributes)
    .filter(([key]) => isReasonField(key) || STACK.test(key))
    .flatMap(([, value]) => (typeof value === 'string' ? [value] : []))
    .filter((value) => !PLACE_IN_CODE.test(value) && !record.message.includes(value));
  return reasons.length > 0 ? `${record.message}: ${reasons.join('; ')}` : record.message;
}

/** Only ids in brackets: a level alone tells nothing. */
const EMPTY = /^\s*(?:\[[\w-]{0,60}\]\s*)?$/;

/** The kind of failure that a record reports: its level counts as well as its words. */
export function recordFailure(record: LogRecord): FailureKind | undefined {
  if (isFrame(record.message)) return undefined;
  const text = saying(record);
  const kind = failureKind(record.errorCode ? `${record.errorCode} ${text}` : text);
  if ((kind === undefined || isVague(kind) || !isError(record.level)) && PASSED.test(text)) return undefined;
  if (isError(record.level)) return kind ?? (EMPTY.test(text) ? undefined : 'error');
  if (record.request?.status !== undefined && record.request.status >= 500) return kind ?? 'status';
  if (kind === undefined || HARMLESS.test(text) || isOverAbroad(text)) return undefined;
  // A calm line must report something specific; the words `error` and `failed` occur in many healthy lines.
  if (
    CALM.has(record.level) &&
    (kind === 'error' || kind === 'status' || kind === 'unavailable' || kind === 'limit')
  )
    return undefined;
  return kind;
}

/**
 * The kind of failure of a calm line that `recordFailure` leaves out because such lines are common: its words tell of a failure
 * in general, or it is a warning. It counts only where such lines are new.
 * @param compared whether there is a time before: at its start a program warns of what is no failure
 */
export function uncommonFailure(record: LogRecord, compared: boolean): FailureKind | undefined {
  if (isFrame(record.message) || record.level === 'trace' || record.level === 'debug') return undefined;
  const text = saying(record);
  if (isHarmless(text)) return undefined;
  return failureKind(text) ?? (compared && record.level === 'warn' ? 'error' : undefined);
}

/** Whether a line says that its program ends, and not by an order from outside. */
export const isLastWords = (text: string): boolean => LAST_WORDS.test(text) && !ORDERLY.test(text);

/** Whether a line tells of an order from outside to end. */
export const isOrderly = (text: string): boolean => ORDERLY.test(text);

/** Whether a calm line that names a failure tells of none. */
export const isHarmless = (text: string): boolean =>
  HARMLESS.test(text) || PASSED.test(text) || ORDERLY.test(text) || isOverAbroad(text);

/** Kinds of failure that are grave even if they are told once: a process or its data may be lost. */
const GRAVE: ReadonlySet<FailureKind> = new Set<FailureKind>(['memory', 'disk', 'crash']);
export const isGraveKind = (kind: FailureKind): boolean => GRAVE.has(kind);
