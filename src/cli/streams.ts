import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import type { SourceLine } from '../pipeline/source-line.ts';

const streams = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** Whether a path of `--logs` names a collection of streams rather than a log file. */
export const isStreams = (path: string): boolean => /\.json(\.gz)?$/.test(path);

const BATCH = 1_000;

/**
 * A `.json` or `.json.gz` of `{stream: text or list of lines}`, as cluster tools export it. The stream's name is
 * the service (`cart`, `cart.previous` before a restart, `cart.proxy` beside it).
 * @throws AppError `usage` when the file is missing or of another shape
 */
export async function* readStreams(path: string): AsyncGenerator<SourceLine[]> {
  let parsed: z.infer<typeof streams>;
  try {
    const bytes = readFileSync(path);
    parsed = streams.parse(JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')));
  } catch (cause) {
    throw new AppError('usage', `${path}: must be JSON of {"stream": text or list of lines}`, { cause });
  }
  for (const [service, content] of Object.entries(parsed)) {
    const lines = typeof content === 'string' ? content.split('\n') : content;
    let batch: SourceLine[] = [];
    for (const [index, line] of lines.entries()) {
      const text = line.replace(/\r?\n$/, '');
      if (text.trim() === '') continue;
      batch.push({
        text,
        source: `${basename(path)}#${service}`,
        position: String(index + 1),
        hint: { service },
      });
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}
