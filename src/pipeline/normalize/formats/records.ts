// Records of several lines, or of one element, that name each of their values.

/** A field of a journal's export: `MESSAGE=…`. */
const EXPORTED = /^([A-Z_][A-Z\d_]{0,63})=(.*)$/s;
/** `TimeCreated  : 11/24/2026 6:00:00 AM`, `  Event ID: 7` */
const LISTED = /^\s{0,4}([A-Za-z][\w .-]{0,40}?)\s{0,30}:(?:\s(.*))?$/;
const NUMBERED = /^[A-Z][a-z]{2,20}\[\d{1,9}\]:?\s*$/;
/** Fields of a record. */
const MAX_FIELDS = 128;
/** Characters of an element that are read. */
const MAX_ELEMENT = 32_768;

/** The fields of a record that names them line by line, or of an element of XML; undefined for any other text. */
export function recordFields(text: string): Record<string, unknown> | undefined {
  const first = text.charCodeAt(0);
  // Angle brackets without an end are columns: `<Jun 20, 2026 1:02:03 PM KST> <Error> <HTTP> `.
  if (first === 60) return text.includes('</') || text.includes('/>') ? elementFields(text) : undefined;
  if (first === 95 && text.startsWith('__')) return exportedFields(text.split('\n'));
  const end = text.indexOf('\n');
  if (end < 0) return undefined;
  if (first === 35) return commentedFields(text.split('\n'));
  // A journal's verbose form: a time and a cursor, then its fields.
  if (text.startsWith('[s=', text.indexOf('[')) && text.startsWith('    ', end + 1))
    return {
      timestamp: text.slice(0, text.indexOf('[')).trim(),
      ...exportedFields(text.slice(end + 1).split('\n    ')),
    };
  if (NUMBERED.test(text.slice(0, end))) return listedFields(text.slice(end + 1).split('\n'), false);
  return text.slice(0, Math.min(end, 80)).includes(' : ') ? listedFields(text.split('\n'), true) : undefined;
}

function exportedFields(lines: readonly string[]): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {};
  let last: string | undefined;
  for (const line of lines.slice(0, MAX_FIELDS)) {
    const field = EXPORTED.exec(line.trimStart());
    if (field) {
      last = field[1]!;
      fields[last] = field[2];
    }
    // A value of several lines has a length of eight bytes before it, and its name alone in the line before.
    else if (/^[A-Z_]{3,64}$/.test(line)) last = line;
    else if (last) {
      const value = fields[last];
      fields[last] = value === undefined ? line.replace(/^.?\0{1,7}/s, '') : `${value}\n${line}`;
    }
  }
  return Object.keys(fields).length > 1 ? fields : undefined;
}

/** @param aligned all colons have to be in the column of the first one */
function listedFields(lines: readonly string[], aligned: boolean): Record<string, unknown> | undefined {
  const column = aligned ? lines[0]!.indexOf(' : ') + 1 : -1;
  const fields: Record<string, unknown> = {};
  let last = '';
  let count = 0;
  for (const line of lines) {
    const field = aligned && line.charCodeAt(column) !== 58 ? null : LISTED.exec(line);
    // What follows a description belongs to it.
    if (field && count < MAX_FIELDS && (aligned || !/^description$/i.test(last))) {
      last = field[1]!;
      count += 1;
      const value = field[2]?.trim();
      if (value && value !== 'N/A') fields[last] = value;
    } else if (last !== '') {
      const more = aligned ? line.trim() : line;
      fields[last] = fields[last] === undefined ? more : `${fields[last]}\n${more}`;
    }
  }
  return count > 1 ? fields : undefined;
}

/** Names and values of a comment: `Query_time: 1.17  Lock_time: 0.0005`. */
const COMMENTED = /([A-Z][\w@]{1,40}): +(\S{1,200})/g;
/** When the statement began: `SET timestamp=1795500000;`. */
const SET_TIME = /^SET timestamp=(\d{10}(?:\.\d{1,6})?);/i;
const USE = /^use [`\w-]{1,64};/i;

/** A statement behind comments that say how it went: the statement is the message, and the numbers of the comments with it. */
function commentedFields(lines: readonly string[]): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {};
  const statement: string[] = [];
  const figures: string[] = [];
  let comments = 0;
  for (const line of lines) {
    const at = SET_TIME.exec(line)?.[1];
    if (line.startsWith('# ')) {
      comments += 1;
      if (line.startsWith('# Time: ')) fields.time = line.slice('# Time: '.length).trim();
      else
        for (const [pair, name, value] of line.matchAll(COMMENTED)) {
          fields[name!] ??= value;
          if (/^\d/.test(value!) && name !== 'Id') figures.push(pair);
        }
    } else if (at) fields.timestamp = Number(at);
    else if (!USE.test(line)) statement.push(line.trim());
  }
  if (comments < 2 || figures.length === 0) return undefined;
  return { ...fields, message: [...statement, ...figures].join(' ') };
}

const TAG =
  /<([A-Za-z][\w.:-]{0,60})((?:\s[\w.:-]{1,60}=(?:"[^"<]{0,2000}"|'[^'<]{0,2000}'))*)\s{0,4}(?:\/>|>([^<]{0,16000}))/g;
const ATTRIBUTE = /([\w.:-]{1,60})=(?:"([^"]*)"|'([^']*)')/g;
/** Levels as the events of Windows count them. */
const WINDOWS_LEVELS: Record<string, string> = {
  1: 'critical',
  2: 'error',
  3: 'warning',
  4: 'info',
  5: 'verbose',
};

/** An element with its attributes and the texts in it: `<Event><System><Provider Name='disk'/>…`, `<record><level>…`. */
function elementFields(text: string): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {};
  let count = 0;
  for (const [, qualified, attributes, content] of withoutSections(text.slice(0, MAX_ELEMENT)).matchAll(
    TAG,
  )) {
    if (++count > MAX_FIELDS) break;
    const tag = qualified!.slice(qualified!.lastIndexOf(':') + 1);
    const own = [...attributes!.matchAll(ATTRIBUTE)].map(
      (pair) => [pair[1]!, unescaped(pair[2] ?? pair[3]!)] as const,
    );
    const value = unescaped(content?.trim() ?? '');
    const name = own.find(([key]) => key === 'Name')?.[1];
    // `<Data Name='Device'>…`: the attribute names the value.
    if (value) fields[tag === 'Data' && name ? name : tag] ??= value;
    else if (tag === 'Provider' && name) fields.provider_name ??= name;
    if (value && tag === 'Data') continue;
    for (const [key, attribute] of own) if (!key.startsWith('xmlns')) fields[key] ??= attribute;
  }
  if (count < 2) return undefined;
  if (fields.EventID !== undefined) {
    const level = WINDOWS_LEVELS[String(fields.Level)];
    if (level) fields.Level = level;
    fields.Message ??= Object.entries(fields)
      .filter(([key]) => !SYSTEM.has(key))
      .map(([key, value]) => `${key}: ${value}`)
      .join(', ');
  }
  return fields;
}

/** What every event of Windows has beside its data. */
const SYSTEM = new Set(
  [
    'provider_name',
    'Name',
    'Guid',
    'EventSourceName',
    'EventID',
    'Qualifiers',
    'Version',
    'Level',
    'Task',
  ].concat([
    'Opcode',
    'Keywords',
    'SystemTime',
    'EventRecordID',
    'Channel',
    'Computer',
    'ProcessID',
    'ThreadID',
    'UserID',
    'ActivityID',
    'Security',
    'Culture',
  ]),
);

/** `<![CDATA[pool < 1]]>` as the text that it stands for. */
function withoutSections(text: string): string {
  const [head, ...sections] = text.split('<![CDATA[');
  let plain = head!;
  for (const section of sections) {
    const end = section.indexOf(']]>');
    const inside = end < 0 ? section : section.slice(0, end);
    plain +=
      inside.replaceAll('&', '&amp;').replaceAll('<', '&lt;') + (end < 0 ? '' : section.slice(end + 3));
  }
  return plain;
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const unescaped = (text: string): string =>
  text.includes('&') ? text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES[name]!) : text;
