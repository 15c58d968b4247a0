import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { AppError } from '../../domain/errors.ts';
import { detectIn } from '../../pipeline/detect/detect-lines.ts';
import { templatesOf } from '../../pipeline/offline.ts';
import type { SourceLine } from '../../pipeline/source-line.ts';
import { readFiles } from '../../pipeline/sources/files/files.ts';
import type { Context } from '../context.ts';
import { jsonLine, printJson } from '../output.ts';
import { progressBar } from '../progress.ts';

/** Physical lines one by one: a scorer counts lines, not events. */
function physicalLines(paths: string[]) {
  // The bar would mix with the rows when both go to one terminal.
  const bar = process.stdout.isTTY ? undefined : progressBar('Reading');
  const lines = readFiles(paths, {
    joinTraces: false,
    onProgress: (done, total) => bar?.update(done, total),
  });
  return { lines: numbered(lines), stop: () => bar?.stop() };
}

/** From the second file on, lines are numbered in the order they are read: no two have one number. */
export async function* numbered(batches: AsyncIterable<SourceLine[]>): AsyncGenerator<SourceLine[]> {
  let source: string | undefined;
  let several = false;
  let last = 0;
  for await (const batch of batches)
    yield batch.map((line) => {
      source ??= line.source;
      several ||= line.source !== source;
      last = several ? last + 1 : Number(line.position);
      return several ? { ...line, position: String(last) } : line;
    });
}

/** `templates`: a JSON line per log line, written at the moment it is read. */
export async function templates(
  context: Context,
  file: string,
  options: { content?: boolean; final?: string },
): Promise<number> {
  // Before anything is read: a wrong path is not found out after an hour.
  if (options.final !== undefined) await writable(options.final, file);
  const { lines, stop } = physicalLines([file]);
  const { online, final } = templatesOf(lines, {
    content: options.content,
    timeZone: context.config.timeZone,
  });
  const ids: { LineId: number; id: string }[] = [];
  for await (const rows of online)
    for (const row of rows) {
      if (context.signal.aborted) return 1;
      await printJson(row);
      if (options.final !== undefined) ids.push({ LineId: row.LineId, id: row.id });
    }
  stop();
  if (options.final === undefined) return 0;
  const out = createWriteStream(options.final);
  for (const row of ids) if (!out.write(jsonLine(final(row)))) await once(out, 'drain');
  out.end();
  await once(out, 'finish');
  return 0;
}

/** Sees that a file can be written, without touching what is in it. Throws AppError `usage` where it cannot. */
async function writable(path: string, input: string): Promise<void> {
  try {
    await (await open(path, 'a')).close();
    if ((await realpath(path)) !== (await realpath(input).catch(() => ''))) return;
  } catch (cause) {
    throw new AppError('usage', `--final: ${(cause as Error).message}`, { cause });
  }
  throw new AppError('usage', `--final: ${path} is the file that is read`);
}

/** `detect`: a JSON line per anomaly, or per scored line with `--all`. */
export async function detect(
  context: Context,
  files: string[],
  options: { warmup?: number; key?: string; all?: boolean },
): Promise<number> {
  const { lines, stop } = physicalLines(files);
  const { detect, timeZone } = context.config;
  const warmup = options.warmup ?? detect.warmup;
  for await (const row of detectIn(lines, {
    warmup,
    key: options.key,
    timeZone,
    threshold: detect.warning,
  })) {
    if (context.signal.aborted) return 1;
    if (row.anomaly || options.all) await printJson(row);
  }
  stop();
  return 0;
}
