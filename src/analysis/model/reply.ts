import { jsonrepair } from 'jsonrepair';
import { Allow, parse as parsePartial } from 'partial-json';
import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { type ModelReply, replySchema } from '../verify/claim.ts';

/** The end of thoughts that stand in the reply itself: a closing tag, or a mark before the final part. */
const THOUGHTS_END = /<\/(?:think(?:ing)?|thoughts?|reason(?:ing)?)>|<channel\|>|<\|message\|>/gi;
/** What may stand before the object of a reply: blanks, and the fence of a code block. */
const BEFORE_OBJECT = /^\s*(?:```\w*\s*)?\{/;

/** How every reply that is asked for begins: a field that holds more than a text. */
const OBJECT_BEGIN = /\{\s*"\w+"\s*:\s*[[{]/g;

/** A reply without the thoughts before it, whatever objects they hold. A mark with nothing behind it ends nothing. */
function withoutThoughts(raw: string): string {
  const last = [...raw.matchAll(THOUGHTS_END)].at(-1);
  const rest = last ? raw.slice(last.index + last[0].length) : raw;
  return rest.includes('{') ? rest : raw;
}

/** The complete claims in an unfinished JSON object. The last one may still grow, so it is left out. */
export function claimsSoFar(raw: string): ModelReply['claims'] {
  const reply = withoutThoughts(raw);
  // Objects within thoughts are no reply yet.
  if (!BEFORE_OBJECT.test(reply)) return [];
  try {
    const value: unknown = parsePartial(reply.slice(reply.indexOf('{')), Allow.STR | Allow.OBJ | Allow.ARR);
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
export function readObject<T>(text: string, schema: z.ZodType<T>): T {
  const raw = withoutThoughts(text);
  const start = Math.max(0, raw.indexOf('{'));
  const attempts: (() => unknown)[] = [
    () => JSON.parse(raw),
    () => JSON.parse(raw.slice(start, raw.lastIndexOf('}') + 1)),
    // Braces in words before it.
    () => JSON.parse(raw.slice([...raw.matchAll(OBJECT_BEGIN)].at(-1)?.index, raw.lastIndexOf('}') + 1)),
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
