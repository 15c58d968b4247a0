import type { SourceLine } from '../../../domain/log/source-line.ts';

const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/** `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID `, RFC 5424 section 6. */
const HEADER = /^<(\d{1,3})>1 (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,255}) (\S{1,64}) ?/;
const NAME = /[^\s="\]]{1,64}/y;
const VALUE = /"((?:[^"\\\]]|\\.)*)"/sy;

const named = (value: string | undefined): string | undefined => (value === '-' ? undefined : value);

/**
 * Structured data (RFC 5424 section 6.3) as `id.name` fields. An id without parameters is `true`.
 * @returns the fields and where the data ends; undefined when it is not well-formed
 */
function structuredData(
  text: string,
  start: number,
): { fields: Record<string, string | boolean>; end: number } | undefined {
  if (text[start] === '-') return { fields: {}, end: start + 1 };
  const fields: Record<string, string | boolean> = {};
  const name = (at: number): string | undefined => {
    NAME.lastIndex = at;
    return NAME.exec(text)?.[0];
  };
  let at = start;
  while (text[at] === '[') {
    const id = name(at + 1);
    if (!id) return undefined;
    at += 1 + id.length;
    let parameters = 0;
    while (text[at] === ' ') {
      const key = name(at + 1);
      if (!key || text[at + 1 + key.length] !== '=') return undefined;
      VALUE.lastIndex = at + key.length + 2;
      const value = VALUE.exec(text);
      if (!value) return undefined;
      fields[`${id}.${key}`] = value[1]!.replace(/\\(["\\\]])/g, '$1');
      at = VALUE.lastIndex;
      parameters += 1;
    }
    if (text[at] !== ']') return undefined;
    if (parameters === 0) fields[id] = true;
    at += 1;
  }
  return at > start ? { fields, end: at } : undefined;
}

/**
 * One syslog message. RFC 5424 is read here, for its structured data. Everything else (RFC 3164 and similar) keeps
 * its text, and the pipeline reads its header as that of any line.
 * @param origin.sender address; the host of messages that do not name one
 */
export function syslogLine(
  text: string,
  origin: { sender: string; position: string; receivedAt: number },
): SourceLine {
  const line: SourceLine = {
    text,
    source: `syslog/${origin.sender}`,
    position: origin.position,
    hint: { service: 'syslog', host: origin.sender, timestamp: origin.receivedAt },
  };
  const header = HEADER.exec(text);
  const priority = Number(header?.[1]);
  if (!header || priority > 191) return line;
  const data = structuredData(text, header[0].length);
  if (!data) return line;
  const after = text[data.end];
  if (after !== undefined && after !== ' ') return line;
  const message = text.slice(data.end + 1).replace(/^\uFEFF/, '');
  const fields: Record<string, unknown> = {
    timestamp: named(header[2]),
    level: SEVERITIES[priority % 8],
    host: named(header[3]),
    service: named(header[4]),
    message: message.trim() === '' ? undefined : message,
    pid: named(header[5]),
    msgid: named(header[6]),
    facility: priority >> 3,
    ...data.fields,
  };
  return { ...line, fields };
}
