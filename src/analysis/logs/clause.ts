import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { withoutFields } from '../../domain/log/telling.ts';
import { failureKind, isFrame, isVague, saying } from './failure.ts';

/** Only the beginning of a message is read, a line of it up to here: more says nothing shorter. */
const TEXT = 4_000;
const LINE = 600;
const LINES = 60;
/** The longest clause, in words and in characters. */
const WORDS = 14;
const CHARS = 140;
/** A clause is not made shorter than this. */
const LEAST = 20;
/** If the telling word stands later than this, the clause begins shortly before it. */
const LEAD_WORDS = 8;

/** An exception's own line: its class, and what it says. */
const EXCEPTION =
  /^\s*(?:caused by:\s*)?[a-z_$][\w$.:]{0,120}(?:error|exception|failure|fault|interrupt)\b[^\n]*/i;
const CAUSED = /^\s*caused by:\s*/i;
const NAMED_IDS =
  /\b(?:pid|tid|thread|trace_?id|span_?id|request_?id|req_?id|uid|gid)\b ?[=:] ?["']?[\w-]{1,64}["']?/gi;
/** Times, ids and places that differ from line to line, and marks of terminals. */
const NOISE: [RegExp, string][] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals
  [/\u001b\[[\d;]{0,16}m/g, ''],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/g, ' '],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, ' '],
  [NAMED_IDS, ' '],
  [/\b0x[0-9a-f]{6,}\b|\b(?=[a-f]{0,31}\d)[0-9a-f]{16,64}\b/gi, ' '],
  // Packages before a class say less than the class.
  [/(?<![\w.])(?:[a-z_]\w{0,40}\.){2,12}(?=[A-Z])/g, ''],
  // What was in brackets is gone.
  [/\(\s{0,4}\)|\[\s{0,4}\]/g, ' '],
  [/^[\s[\](){}<>#*|:;,.=-]+/, ''],
  [/\\+"?|["'`]{2,}/g, ' '],
];
/** What headers leave at the beginning of a message: a level, or a bracket with no word of failure. */
const HEADER =
  /^(?:##\[\w{1,12}\]|\[[^\]\n]{0,60}\]|\((?:\w{1,20})\)|(?:fatal|error|err|warn(?:ing)?|critical|crit|alert|emerg|severe|notice|info)\b(?=[\s:\]|-])[\s:\]|-]*|\[\s*\d+\.\d+\])\s*/i;
/** A user or a module before a level in capitals. */
const SPEAKER = /^\S{1,40} (?:ERROR|FATAL|PANIC|WARNING):\s+/;
const HEADERS = 4;
/** A secret's name with its value. */
const SECRET =
  /[\w-]{0,40}(?:passw(?:or)?d|passphrase|pwd|secret|token|sessid|session[_-]?(?:id|key)|(?:api|access|private|signing|master|encryption)[_-]?key|비밀번호|암호)\w{0,20}["']?\s{0,2}[=:]\s{0,2}\S{1,200}/gi;
const BREAK = /(?<=[.;])\s+|\s+(?:--|—|\|)\s+/;

/**
 * What a line says of its failure in its own words, with its real values: the clause that tells most, without header, times and
 * ids. Undefined if nothing readable is left.
 */
export function tellingWords(record: LogRecord, kind: FailureKind): string | undefined {
  const { request } = record;
  if ((kind === 'status' || kind === 'route') && request?.status !== undefined)
    return `${request.endpoint} ${request.status}`.slice(0, CHARS);
  const clause = bestOf(cleaned(lineOf(saying(record).slice(0, TEXT), kind)).split(BREAK), kind);
  const words = shortened(clause, kind);
  return /\p{L}{2}/u.test(words) ? words : undefined;
}

/** The line of a message of several lines that names the failure: the innermost exception, else the first that tells. */
function lineOf(text: string, kind: FailureKind): string {
  const lines = text
    .split('\n', LINES)
    .map((line) => line.slice(0, LINE))
    .filter((line) => line.trim() !== '' && !isFrame(line));
  if (lines.length < 2) return lines[0] ?? '';
  const caused = lines.findLast((line) => CAUSED.test(line));
  if (caused) return caused.replace(CAUSED, '');
  const thrown = lines.slice(1).filter((line) => EXCEPTION.test(line));
  const fitting = thrown.find((line) => failureKind(line) === kind);
  return fitting ?? thrown[0] ?? lines.find((line) => failureKind(line) === kind) ?? lines[0]!;
}

function cleaned(line: string): string {
  let out = withoutFields(line);
  for (let n = 0; n < HEADERS; n += 1) {
    const rest = out.replace(HEADER, '').replace(SPEAKER, '');
    // A bracket may hold all that is said.
    if (
      rest === out ||
      rest.trim() === '' ||
      (failureKind(out) && !isVague(failureKind(out)!) && failureKind(rest) !== failureKind(out))
    )
      break;
    out = rest;
  }
  out = out.replace(SECRET, ' ');
  for (const [noise, by] of NOISE) out = out.replace(noise, by);
  return out
    .replace(/\s+/g, ' ')
    .replace(/ (?=[:;,](?: |$))/g, '')
    .trim();
}

/** The first clause of the kind; else the first that tells of any failure; else the first. */
function bestOf(clauses: readonly string[], kind: FailureKind): string {
  const telling = clauses.filter((clause) => clause.length > 3);
  return (
    telling.find((clause) => failureKind(clause) === kind) ??
    telling.find((clause) => failureKind(clause) !== undefined) ??
    telling[0] ??
    ''
  );
}

/** A clause that is too long loses what stands before its last colons, while the rest tells the same: who it was about. */
function innermost(clause: string, kind: FailureKind): string {
  let rest = clause;
  for (let colon = rest.indexOf(':'); rest.length > CHARS && colon >= 0; colon = rest.indexOf(':')) {
    const tail = rest.slice(colon + 1).trimStart();
    if (tail.length < LEAST || failureKind(tail) !== kind) break;
    rest = tail;
  }
  return rest;
}

function shortened(clause: string, kind: FailureKind): string {
  const words = innermost(clause, kind).split(' ');
  let from = 0;
  if (words.length > WORDS) {
    // The shortest beginning that tells of the failure ends with the telling word.
    let end = 1;
    while (end < words.length && failureKind(words.slice(0, end).join(' ')) !== kind) end += 1;
    if (end > WORDS && end < words.length) from = Math.max(0, end - LEAD_WORDS);
  }
  const some = words
    .slice(from, from + WORDS)
    .map((word) => (word.length > 70 ? `${word.slice(0, 69)}…` : word));
  let out = some.join(' ');
  if (out.length > CHARS) out = `${out.slice(0, CHARS - 1)}…`;
  else if (from + WORDS < words.length) out += ' …';
  return out.replace(/[\s:;,.([{-]+$/, '');
}
