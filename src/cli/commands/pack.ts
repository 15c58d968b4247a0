import { createReadStream } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { packText } from '../../analysis/model/pack.ts';
import { AppError } from '../../domain/errors.ts';
import type { Context } from '../context.ts';
import { printJson, printText } from '../output.ts';

/** `pack`: never over budget, tokens being characters / 4. */
export async function pack(context: Context, file: string, options: { budget: number }): Promise<number> {
  const packed = packText(await readText(file), options.budget);
  if (context.json)
    await printJson({ budget: options.budget, tokens: Math.ceil(packed.length / 4), pack: packed });
  else await printText(packed);
  return 0;
}

/** A whole file as text, also of a `.gz`; `-` is standard input. Throws AppError `usage` when there is none. */
export async function readText(file: string): Promise<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const text = file.endsWith('.gz')
    ? readAll(stream.pipe((await import('node:zlib')).createGunzip()))
    : readAll(stream);
  return text.catch((cause: NodeJS.ErrnoException) => {
    throw new AppError(
      cause.code === 'ENOENT' ? 'usage' : 'malformed',
      `${file}: ${cause.code === 'ENOENT' ? 'no such file' : 'cannot be read'}`,
      { cause },
    );
  });
}
