import { createReadStream } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { packText } from '../../analysis/model/pack.ts';
import { AppError } from '../../domain/errors.ts';
import type { Context } from '../context.ts';
import { printJson, printText } from '../output.ts';

/** `pack`: prints the lines that matter most. Never over the budget; a token is counted as four characters. */
export async function pack(context: Context, file: string, options: { budget: number }): Promise<number> {
  const packed = packText(await readText(file), options.budget);
  if (context.json)
    await printJson({ budget: options.budget, tokens: Math.ceil(packed.length / 4), pack: packed });
  else await printText(packed);
  return 0;
}

/** Reads a whole file as text, a `.gz` too; `-` is standard input. Throws AppError `usage` when the file does not exist. */
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
