import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';
import { readFiles } from '../../../src/pipeline/sources/files/files.ts';

/** What a record must say. `time` is ISO without the date of the day of the samples, 2026-11-24, in UTC. */
export interface Expected {
  time?: string;
  level?: LogRecord['level'];
  service?: string;
  host?: string;
  /** The whole message. */
  message?: string;
  /** `GET /cart 502 12`: endpoint, status (`-` for none) and milliseconds. */
  request?: string;
  /** Lines in the event. */
  lines?: number;
}

export interface Sample {
  /** Name of the file; its stem is the service where the lines name none. */
  file?: string;
  text: string | Buffer;
  records: Expected[];
}

/** All records of a file with this content. */
export async function recordsOf(content: string | Buffer, file = 'app.log'): Promise<LogRecord[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-format-'));
  try {
    const path = join(folder, file);
    await writeFile(path, content);
    const normalize = createNormalizer({ timeZone: 'UTC', now: () => Date.UTC(2026, 10, 30) });
    const records: LogRecord[] = [];
    for await (const batch of readFiles([path])) records.push(...batch.map(normalize));
    return records;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const requestOf = ({ request }: LogRecord): string | undefined =>
  request &&
  [
    request.endpoint,
    request.status ?? '-',
    request.durationMs === undefined ? '-' : Math.round(request.durationMs * 1_000) / 1_000,
  ].join(' ');

const said = (record: LogRecord, asked: Expected): Expected => {
  const all: Required<{ [K in keyof Expected]: unknown }> = {
    time: new Date(record.timestamp).toISOString().replace('2026-11-24T', '').replace('Z', ''),
    level: record.level,
    service: record.service,
    host: record.host,
    message: record.message,
    request: requestOf(record),
    lines: record.line.split('\n').length,
  };
  return Object.fromEntries(
    Object.keys(asked).map((key) => [key, all[key as keyof Expected]]),
  ) as unknown as Expected;
};

/** One test for each format. Each is a row of the table in docs/collect.md, and the table has no other rows of this kind. */
export function testFormats(kind: string, samples: Record<string, Sample>): void {
  for (const [name, { file, text, records }] of Object.entries(samples))
    test(`${kind}: ${name}`, async () => {
      const read = await recordsOf(text, file);
      assert.deepEqual(
        read.map((record, index) => said(record, records[index] ?? { message: '' })),
        records,
      );
    });
  test(`${kind}: the table of formats has each of them`, () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/collect.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith(`| ${kind} |`));
    assert.deepEqual(
      rows.map((row) => row.split('|')[2]!.trim()).toSorted(),
      Object.keys(samples).toSorted(),
    );
  });
}
