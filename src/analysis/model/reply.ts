import { jsonrepair } from 'jsonrepair';
import { Allow, parse as parsePartial } from 'partial-json';
import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { type ModelReply, replySchema } from '../verify/claim.ts';

/** The complete claims in an unfinished JSON object. The last one may still grow, so it is left out. */
export function claimsSoFar(raw: string): ModelReply['claims'] {
  const start = raw.indexOf('{');
  if (start < 0) return [];
  try {
    const value: unknown = parsePartial(raw.slice(start), Allow.STR | Allow.OBJ | Allow.ARR);
    const { claims } = (value ?? {}) as { claims?: unknown };
    return Array.isArray(claims) ? replySchema.shape.claims.parse(claims.slice(0, -1)) : [];
  } catch {
    return [];
  }
}

/**
 * At most this many characters of a reply are repaired: each stray quote is tried in several ways, so a long and broken reply
 * takes more than linear time. The rest counts as cut off.
 */
const REPAIRED = 16_384;

/**
 * The object in a model's text: as JSON, else repaired once (cut off, fenced, single quotes …). Throws AppError `malformed` if it
 * does not have the requested shape.
 */
export function readObject<T>(raw: string, schema: z.ZodType<T>): T {
  const start = Math.max(0, raw.indexOf('{'));
  const attempts: (() => unknown)[] = [
    () => JSON.parse(raw),
    () => JSON.parse(raw.slice(start, raw.lastIndexOf('}') + 1)),
    () => JSON.parse(jsonrepair(raw.slice(start, start + REPAIRED))),
  ];
  for (const attempt of attempts) {
    try {
      const parsed = schema.safeParse(attempt());
      if (parsed.success) return parsed.data;
    } catch {
      // The next attempt, or `malformed`.
    }
  }
  throw new AppError('malformed', 'the reply is not the JSON object that was asked for');
}
