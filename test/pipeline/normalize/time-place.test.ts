import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const BEGIN = Date.parse('2026-11-30T09:58:00Z');
const LINES = 60;

const WORDS = ['belt moved', 'tray 17 filled', 'lamp 3 on', 'door 2 shut in 12 ms', 'weight 1048 g', 'idle'];
const UNITS = ['tray-4', 'belt-2', 'lamp-11'];

/** A time in parts as programs write them, in UTC. */
function parts(ms: number) {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const iso = at.toISOString();
  return {
    ms,
    y: iso.slice(0, 4),
    M: iso.slice(5, 7),
    d: iso.slice(8, 10),
    h: iso.slice(11, 13),
    m: iso.slice(14, 16),
    s: iso.slice(17, 19),
    f: iso.slice(20, 23),
    date: iso.slice(0, 10),
    clock: iso.slice(11, 19),
    j: String(Math.floor((ms - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, '0'),
    M1: String(at.getUTCMonth() + 1),
    h1: String(at.getUTCHours()),
    s1: two(at.getUTCSeconds()),
  };
}
type Parts = ReturnType<typeof parts>;
type Form = (time: Parts, level: string, unit: string, words: string) => string;

const eastern = (text: string): string => text.replace(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[Number(digit)]!);

/** Lines of which none begins with a time that is known by its form alone; and how exact their times are, milliseconds. */
const FORMS: Record<string, [form: Form, exact?: number]> = {
  'columns, then date and clock': [(t, l, u, w) => `${l};${u};${t.date} ${t.clock};${w}`],
  'columns, then an epoch in ms': [(t, l, u, w) => `${l};${u};${t.ms};${w}`, 1],
  'columns with commas, date and clock apart': [
    (t, l, u, w) => `${u},${l},${t.d}.${t.M}.${t.y},${t.clock},${w}`,
  ],
  'date and clock in brackets of their own': [
    (t, l, u, w) => `(${t.y}/${t.M}/${t.d})(${t.clock}) ${l} ${u} ${w}`,
  ],
  'a quoted attribute': [(t, l, u, w) => `(event (at "${t.date} ${t.clock}") (sev ${l}) (unit ${u}) "${w}")`],
  'digits alone, date and clock apart': [
    (t, l, u, w) => `${u}|${t.y}${t.M}${t.d}|${t.h}${t.m}${t.s}|${l}|${w}`,
  ],
  'fourteen digits in a column': [(t, l, u, w) => `${l}~${t.y}${t.M}${t.d}${t.h}${t.m}${t.s}~${u}~${w}`],
  'day first in six digits': [(t, l, u, w) => `$${u},${t.d}${t.M}26,${t.h}${t.m}${t.s},${l},${w}`],
  'at the end': [(t, l, u, w) => `${l} ${u} ${w} @ ${t.date} ${t.clock}`],
  'at the end, in round brackets': [(t, l, u, w) => `${u}: ${w} [${l}] (${t.d}/${t.M}/${t.y} ${t.clock})`],
  'clock, then date': [(t, l, u, w) => `${l} ${u} at ${t.clock} on ${t.d}.${t.M}.${t.y}: ${w}`],
  'year and day of the year': [
    (t, l, u, w) => `${u} ${t.y}${t.j} ${t.h}:${t.m}:${t.s}.${t.f.slice(0, 2)} ${l} ${w}`,
  ],
  'divided by slashes only': [(t, l, u, w) => `${u}/${t.y}/${t.j}/${t.h}/${t.m}/${t.s}/${l}/${w}`],
  'days of a spreadsheet': [
    (t, l, u, w) => `${l};${(t.ms / 86_400_000 + 25_569).toFixed(6)};${u};${w}`,
    1_000,
  ],
  'the Buddhist era': [
    (t, l, u, w) => `${u} : ${t.d}/${t.M}/${Number(t.y) + 543} ${t.h}.${t.m}.${t.s} ${l} ${w}`,
  ],
  'the years of the Republic': [
    (t, l, u, w) => `${u}|${Number(t.y) - 1911}/${t.M}/${t.d} ${t.clock}|${l}|${w}`,
  ],
  'other digits': [(t, l, u, w) => `${u} ${eastern(`${t.y}/${t.M}/${t.d} ${t.clock}`)} ${l} ${w}`],
  'letters between the parts': [
    (t, l, u, w) => `${u} <${t.d}.${t.M}.${t.y} ${t.h}h${t.m}m${t.s}s> ${l} ${w}`,
  ],
  'a word between date and clock': [
    (t, l, u, w) => `${t.d}.${t.M}.${t.y} kl. ${t.h}.${t.m}.${t.s} ${l} ${u}: ${w}`,
  ],
  'a dot and a space': [(t, l, u, w) => `${Number(t.d)}. ${Number(t.M)}. ${t.y} ${t.clock} ${l} ${u}: ${w}`],
  'a tuple': [
    (t, l, u, w) =>
      `{'at': (${t.y}, ${Number(t.M)}, ${Number(t.d)}, ${Number(t.h)}, ${Number(t.m)}, ${Number(t.s)}), 'lv': '${l}', 'u': '${u}', 't': '${w}'}`,
  ],
  'a clock alone': [(t, l, u, w) => `${l} ${u} ${t.clock} ${w}`],
  ticks: [(t, l, u, w) => `${u};${(BigInt(t.ms) + 62_135_596_800_000n) * 10_000n};${l};${w}`, 1],
  'an unknown key': [(t, l, u, w) => `unit=${u} sev=${l} when=${t.date}T${t.clock}Z text="${w}"`],
  'an unknown field': [
    (t, l, u, w) => JSON.stringify({ unit: u, sev: l, happened: `${t.date} ${t.clock}`, text: w }),
  ],
  'an attribute of an element': [
    (t, l, u, w) => `<ev unit="${u}" sev="${l}" happened="${t.date} ${t.clock}">${w}</ev>`,
  ],
};

/** The lines of a form over some minutes, with their times. */
function linesOf(form: Form): { text: string; ms: number }[] {
  return Array.from({ length: LINES }, (_, line) => {
    const ms = BEGIN + line * 6_777;
    const level = line % 9 === 4 ? 'WARN' : 'INFO';
    return { ms, text: form(parts(ms), level, UNITS[line % 3]!, WORDS[(line * 5) % 6]!) };
  });
}

test('the place of a time is learned from the lines of a source', async (t) => {
  for (const [name, [form, exact = 1_000]] of Object.entries(FORMS))
    await t.test(name, () => {
      const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
      const wrong: string[] = [];
      for (const [line, { text, ms }] of linesOf(form).entries()) {
        const { timestamp } = normalize({ source: '/a/b.log', position: String(line), text });
        if (line >= 32 && Math.abs(timestamp - ms) > exact)
          wrong.push(`${text} → ${new Date(timestamp).toJSON()}`);
      }
      assert.deepEqual(wrong.slice(0, 3), []);
    });
});

test('level and message of a line with columns before its time', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  const [form] = FORMS['days of a spreadsheet']!;
  const records = linesOf(form).map(({ text }, line) =>
    normalize({ source: '/a/b.log', position: String(line), text }),
  );
  const { level, message, attributes } = records[40]!;
  assert.deepEqual([level, message, attributes.columns], ['warn', 'lamp 3 on', 'WARN']);
});

test('a letter among the columns before a time may be a unit, and is no level', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  for (let line = 0; line < 60; line++) {
    const day = (BEGIN / 86_400_000 + 25_569 + line / 86_400).toFixed(7);
    const { level } = normalize({
      source: '/a/b.log',
      position: String(line),
      text: `25.3;F;${day};room ${line}`,
    });
    assert.equal(level, 'info');
  }
});

test('numbers that are no times are not taken for some', async (t) => {
  const others: Record<string, (line: number) => string> = {
    'growing numbers': (line) => `job ${20_500 + line * 13} took ${line % 40} of ${line * 7} steps`,
    'the same date in every line': (line) => `part ${line} of the model (2026-11-29 10:00:00) is loaded`,
    'dates without order': (line) =>
      `customer born ${1 + ((line * 7) % 28)}.${1 + ((line * 5) % 12)}.${1950 + ((line * 17) % 50)} 10:00:00 asked`,
    'addresses and ports': (line) =>
      `peer 10.20.${line % 30}.${(line * 31) % 200}:443 said 200 in ${line} ms`,
    'ids that only grow': (line) =>
      `Expiring session 0x${1_000_000_027 + line * 3}, timeout of 18000ms exceeded`,
    versions: (line) => `package a${line} 20.11.${line % 12}.${line % 24}.${line % 59}`,
    'random digits': (line) =>
      `token ${(line * 48_271 * 65_537) % 1_000_003} ${(line * 69_621) % 9_973} seen`,
  };
  for (const [name, lineAt] of Object.entries(others))
    await t.test(name, () => {
      const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
      for (let line = 0; line < 600; line++) {
        const { timestamp } = normalize({ source: '/a/b.log', position: String(line), text: lineAt(line) });
        assert.equal(timestamp, NOW, lineAt(line));
      }
    });
});

test('a date that the lines are about is not their time', async (t) => {
  const two = (value: number): string => String(value % 60).padStart(2, '0');
  const arriving: Record<string, (line: number) => string> = {
    'to come': (line) => `certificate ${line} of shop expires 2027-03-01 00:${two(line)}:00`,
    'to come, in a field': (line) =>
      `{"level":"info","msg":"session opened","expires":"2026-12-31T00:00:${two(line)}.000Z"}`,
    'to come, in a pair': (line) => `level=info msg="lease renewed" lease_end=2026-12-03T00:00:${two(line)}Z`,
    'long ago': (line) => `copied row of 2019-01-02T15:00:${two(line)}.000Z to archive table`,
    'long ago, in a field': (line) => `{"msg":"row ${line}","created":"2024-05-01T00:00:${two(line)}Z"}`,
    'in a name': (line) => `user c uploaded IMG_20240501_1038${two(line)}.jpg`,
  };
  for (const [name, lineAt] of Object.entries(arriving))
    await t.test(name, () => {
      const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
      for (let line = 0; line < 59; line++) {
        const hint = { timestamp: NOW - 3_600_000 + line * 1_000 };
        const text = lineAt(line);
        const record = normalize({ source: 'stream', position: String(line), text, hint });
        assert.equal(record.timestamp, hint.timestamp, text);
      }
    });
  await t.test('in a source whose lines have times', () => {
    const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
    for (let line = 0; line < 40; line++) {
      const text =
        line < 10
          ? `2026-11-30 09:00:${two(line)} INFO up`
          : `  next run at 2027-01-18 10:00:${two(line)} planned`;
      const { timestamp } = normalize({ source: '/a/b.log', position: String(line), text });
      assert.equal(timestamp, Date.UTC(2026, 10, 30, 9, 0, Math.min(line, 9)), text);
    }
  });
});

test('a time at the end of a line leaves the line its words', () => {
  const messageAt = (text: (line: number) => string): string => {
    const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
    let message = '';
    for (let line = 0; line < 40; line++)
      ({ message } = normalize({ source: '/a/b.log', position: String(line), text: text(line) }));
    return message;
  };
  assert.match(
    messageAt((line) => `heartbeat from node at 30.11.2026 10:39:${10 + line}`),
    /^heartbeat from node/,
  );
  assert.match(
    messageAt((line) => `ERROR could not pay order ${line} (2026-11-30T10:39:${10 + line}Z)`),
    /could not pay order 39/,
  );
  assert.equal(
    messageAt((line) => `INFO {"time":"2026-11-30T10:39:${10 + line}Z","svc":"x","msg":"paid ${line}"}`),
    'paid 39',
  );
});

test('the date of a message does not become that of lines with a clock alone', () => {
  for (const about of [
    '12.11.10 was installed',
    '20250607 rows copied',
    '11/12/2025 report was sent',
    '20240101.csv imported',
  ]) {
    const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
    const lines = ['10:00:05 ERROR x', `10:00:06 ${about}`, '10:00:07 ERROR y'];
    const times = lines.map(
      (text, line) => normalize({ source: '/a/b.log', position: String(line), text }).timestamp,
    );
    assert.deepEqual(
      times.map((ms) => new Date(ms).toISOString().slice(0, 19)),
      ['2026-11-30T10:00:05', '2026-11-30T10:00:06', '2026-11-30T10:00:07'],
      about,
    );
  }
});
