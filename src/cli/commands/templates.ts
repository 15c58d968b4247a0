import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { AppError } from '../../domain/errors.ts';
import { templatesOf } from '../../pipeline/offline.ts';
import type { Context } from '../context.ts';
import { jsonLine, printJson } from '../output.ts';
import { physicalLines } from '../physical-lines.ts';

/** `templates`: prints a JSON line for each log line at the moment it is read. Resolves with the exit code. */
export async function templates(
  context: Context,
  file: string,
  options: { content?: boolean; final?: string },
): Promise<number> {
  // Checked before anything is read, so that a wrong path does not show only after an hour.
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

/** Checks that a file can be written, without a change of its content. Throws AppError `usage` when it cannot. */
async function writable(path: string, input: string): Promise<void> {
  try {
    await (await open(path, 'a')).close();
    if ((await realpath(path)) !== (await realpath(input).catch(() => ''))) return;
  } catch (cause) {
    throw new AppError('usage', `--final: ${(cause as Error).message}`, { cause });
  }
  throw new AppError('usage', `--final: ${path} is the file that is read`);
}
