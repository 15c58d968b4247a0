import type { LogRecord } from './record.ts';

/** Characters of a message that are read; the rest is the inside of a long trace. */
const READ = 8_192;
/** Lengths of a title and of the reason in it, in UTF-16 units. */
const TITLE = 140;
const REASON = 90;
/** What is left of a reason has at least so many. */
const LEAST_REASON = 12;
/** Attributes that say why, in structured lines: fewer than `isReasonField` knows, since a title takes a sentence and no code. */
const WHY = new Set(['error', 'err', 'exception', 'cause', 'reason', 'detail', 'errmsg', 'error_message']);
/** Seconds since the start of the machine, as a kernel writes them before its messages. */
const UPTIME = /^\[ {0,12}\d{1,9}\.\d{1,9}\] /;
/** Fields that a logger writes before the level: `request_id=F95 user=7 [error] `. */
const FIELDS_BEFORE =
  /^(?:[\w.-]{1,40}=\S{1,100}\s{1,4}){1,8}\[(?:error|warn(?:ing)?|critical|alert|emergency|notice|info|debug)\]\s{1,4}/i;
/** An error's class in brackets behind stars, before what it says. */
const STARRED = /^\*\* \(([\w.]{1,100})\) (?=\S)/;
/** The beginning of an access log: a method and a path, perhaps quoted. */
const REQUEST_LINE = /^"?[A-Z]{3,7} \//;
/** The first line of a trace that does not say what happened. */
const TRACE =
  /^(?:Traceback \(most recent call last\):?|Stack ?trace:?|Exception in thread "[^"\n]{0,80}")$/i;
const CAUSED = /^caused by: /i;
/** `java.net.ConnectException: refused`: one word and what it says. Names of packages may be left out. */
const NAMED = /^(?:[\w$]{1,60}\.){0,12}([\w$]{1,100}): (?=\S)/;

/**
 * The line of a trace that says why it happened: its last `Caused by`, else the last line that is not indented and has
 * the form `Name: text`; undefined for a text of one line, and for a trace that does not say it.
 */
export function reasonLine(lines: readonly string[]): string | undefined {
  let named: string | undefined;
  let caused: string | undefined;
  for (const line of lines.slice(1)) {
    if (CAUSED.test(line)) caused = line.replace(CAUSED, '');
    else if (NAMED.test(line)) named = line;
  }
  return caused ?? named;
}

/** A message without the fields and the level that stand before it. */
export const withoutFields = (message: string): string =>
  message.replace(FIELDS_BEFORE, '').replace(STARRED, '$1: ');

const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim();

function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Never through a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text[limit - 2]!) ? limit - 2 : limit - 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** The reason in a field of its own, in structured lines. */
function reasonField({
  attributes,
  message,
}: Pick<LogRecord, 'attributes' | 'message'>): { key: string; text: string } | undefined {
  for (const key in attributes) {
    const text = attributes[key];
    if (WHY.has(key.toLowerCase()) && typeof text === 'string' && text.trim() !== '')
      return { key, text: unquoted(message, key, text.slice(0, READ).split(/\r?\n/)[0]!) };
  }
  return undefined;
}

/** The next field, or the end of the line. */
const NEXT_FIELD = /\s[A-Za-z_][\w.@-]{0,40}=|\n/;

/** A sentence without quotes as the value of a field, of which the first word was read. */
function unquoted(message: string, key: string, text: string): string {
  const at = message.indexOf(` ${key}=${text} `);
  if (at < 0) return text;
  const rest = message.slice(at + key.length + 2, at + READ);
  const end = NEXT_FIELD.exec(rest)?.index;
  return end === undefined ? rest : rest.slice(0, end);
}

/** A reason that is too long loses what stands before its last colons: the innermost says what happened. */
function innermost(text: string): string {
  let rest = text;
  while (rest.length > REASON) {
    const colon = rest.indexOf(':');
    if (colon < 0 || rest.length - colon < LEAST_REASON) break;
    rest = rest.slice(colon + 1).trimStart();
  }
  return rest.length <= REASON ? rest : text;
}

/** The head of a message that goes on with the fields of the line: what stands before the field, without quotes around it. */
function withoutField(head: string, key: string | undefined): string {
  const at = key === undefined ? -1 : head.indexOf(` ${key}=`);
  if (at <= 0) return head;
  const rest = head.slice(0, at);
  return rest.length > 2 && rest.startsWith('"') && rest.endsWith('"') ? rest.slice(1, -1) : rest;
}

/** Of a request its endpoint and status, if the message is the request itself or only one word. */
function requestText({ request }: Pick<LogRecord, 'request'>, head: string): string | undefined {
  const { status, endpoint } = request ?? {};
  if (status === undefined || endpoint === undefined) return undefined;
  const isRequest = !head.includes(' ') || REQUEST_LINE.test(head);
  return isRequest ? `${shortened(endpoint, TITLE - REASON / 2)} → ${status}` : undefined;
}

/**
 * What a record says, on one line and with its real values, for a title: its message and, where a trace or a field gives
 * one, the reason. For a request that is its endpoint and status. Linear in the length of the message.
 */
export function tellingText(record: Pick<LogRecord, 'message' | 'attributes' | 'request'>): string {
  const lines = record.message.slice(0, READ).split(/\r?\n/);
  const said = lines.find((line) => line.trim() !== '') ?? '';
  const first = tidy(withoutFields(said.replace(UPTIME, '')));
  const field = reasonField(record);
  const given = reasonLine(lines) ?? field?.text;
  const reason = given && shortened(innermost(tidy(given).replace(NAMED, '$1: ')), REASON);
  const head = requestText(record, first) ?? withoutField(first, field?.key);
  if (!reason || head.includes(reason)) return shortened(head, TITLE);
  if (head === '' || TRACE.test(head)) return reason;
  return `${shortened(head.replace(/[:.]$/, ''), TITLE - REASON / 2)}: ${reason}`;
}
