import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { Language } from '../../domain/question/question.ts';
import { objectOf, replyJsonSchema, replySchema } from '../verify/claim.ts';
import { QUERY_JSON_SCHEMA } from './tool-queries.ts';

export const PROMPT_NAMES = ['why', 'summarize', 'assess', 'batch'] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

/** For several texts at once: one reply each, in the order of the texts. */
export const batchSchema = z.object({
  answers: z.array(
    replySchema.extend({ text: z.coerce.number() }).catch({ claims: [], hypothesis: '', text: 0 }),
  ),
});
const { properties: fields } = replyJsonSchema(undefined, false) as { properties: Record<string, unknown> };
export const BATCH_JSON_SCHEMA = objectOf({
  answers: { type: 'array', items: objectOf({ text: { type: 'integer' }, ...fields }) },
});

/** The reply of a model that may ask for more: queries, or the answer. */
export const inquirySchema = replySchema.extend({
  claims: replySchema.shape.claims.default([]),
  queries: z.array(z.unknown()).default([]),
});

/** The form of a reply with the ids of the things that it may speak of. */
export function replyForm(
  ids: readonly string[],
  { guess, tools }: { guess: boolean; tools: boolean },
): Record<string, unknown> {
  const form = replyJsonSchema(ids, guess);
  if (!tools) return form;
  const { properties } = form as { properties: Record<string, unknown> };
  return objectOf({ queries: { type: 'array', items: QUERY_JSON_SCHEMA }, ...properties });
}

const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', ko: 'Korean (한국어, 해요체)' };

interface PromptParts {
  language: Language;
  question: string;
  data: string | readonly string[];
  tools?: boolean;
  guess?: boolean;
}

export interface Prompts {
  /** Changes with any word of any prompt; part of the cache key. */
  readonly version: string;
  /**
   * @param parts.data log text, already masked; stands between two lines with a random mark that it does not contain;
   *   several texts stand in such a block each, numbered from 1
   * @param parts.tools whether the model may answer with queries first
   * @param parts.guess whether it may add a guess in its own words
   */
  build(name: PromptName, parts: PromptParts): { system: string; prompt: string };
}

/**
 * Reads the prompt files once. `{{> name}}` includes `_parts/name.md`, `{{word}}` is filled per request.
 * @param directory the project's `prompts` by default
 * Throws AppError `config_invalid` when a file is missing.
 */
export function loadPrompts(directory = resolve(import.meta.dirname, '../../../prompts')): Prompts {
  const read = (path: string): string => {
    try {
      return readFileSync(join(directory, path), 'utf8').trim();
    } catch (cause) {
      throw new AppError('config_invalid', `prompt file ${path} cannot be read`, { cause });
    }
  };
  const include = (text: string): string =>
    text.replace(/\{\{>\s*(\w+)\s*\}\}/g, (_, part: string) => read(`_parts/${part}.md`));
  const texts = new Map(PROMPT_NAMES.map((name) => [name, include(read(`${name}.md`))]));
  const tools = read('_parts/tools.md');
  const guesses = read('_parts/hypothesis.md');
  const hash = createHash('sha256').update(tools).update(guesses);
  for (const text of texts.values()) hash.update(text);
  return {
    version: hash.digest('hex').slice(0, 12),
    build(name, { language, question, data, tools: mayAsk = false, guess = false }) {
      const blocks = typeof data === 'string' ? [data] : data;
      const marker = freshMarker(blocks.join('\n') + question);
      const values: Record<string, string> = {
        marker,
        language: LANGUAGE_NAMES[language],
        count: String(blocks.length),
      };
      const fill = (text: string): string =>
        text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? '');
      const asked = question.trim();
      const framed = blocks.map((block, index) => {
        const number = typeof data === 'string' ? '' : ` ${index + 1}`;
        return `<<<${marker}${number}\n${block}\n${marker}${number}>>>`;
      });
      return {
        system: fill(
          [texts.get(name)!, ...(guess ? [guesses] : []), ...(mayAsk ? [tools] : [])].join('\n\n'),
        ),
        prompt: `${asked ? `Question: ${asked.replace(/\s+/g, ' ')}\n\n` : ''}${framed.join('\n')}`,
      };
    },
  };
}

/** 64 random bits that are not in the data; drawn again if the data happen to contain them. */
function freshMarker(data: string): string {
  for (;;) {
    const marker = `DATA-${randomBytes(8).toString('hex')}`;
    if (!data.includes(marker)) return marker;
  }
}
