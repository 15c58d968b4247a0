import type { LogRecord } from './record.ts';

/** Characters of a message that are read; the rest is the inside of a long trace. */
const READ = 8_192;
/** Lengths of a title and of the reason in it, in UTF-16 units. */
const TITLE = 140;
const REASON = 90;
/** Attributes that say why, in structured lines: fewer than `isReasonField` knows, since a title takes a sentence and no code. */
const WHY = new Set(['error', 'err', 'exception', 'cause', 'reason', 'detail', 'errmsg', 'error_message']);
/** Seconds since the start of the machine, as a kernel writes them before its messages. */
const UPTIME = /^\[ {0,12}\d{1,9}\.\d{1,9}\] /;
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
}: Pick<LogRecord, 'attributes'>): { key: string; text: string } | undefined {
  for (const key in attributes) {
    const text = attributes[key];
    if (WHY.has(key.toLowerCase()) && typeof text === 'string' && text.trim() !== '')
      return { key, text: text.slice(0, READ).split(/\r?\n/)[0]! };
  }
  return undefined;
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
  const first = tidy((lines.find((line) => line.trim() !== '') ?? '').replace(UPTIME, ''));
  const field = reasonField(record);
  const given = reasonLine(lines) ?? field?.text;
  const reason = given && shortened(tidy(given).replace(NAMED, '$1: '), REASON);
  const head = requestText(record, first) ?? withoutField(first, field?.key);
  if (!reason || head.includes(reason)) return shortened(head, TITLE);
  if (head === '' || TRACE.test(head)) return reason;
  return `${shortened(head.replace(/[:.]$/, ''), TITLE - REASON / 2)}: ${reason}`;
}
