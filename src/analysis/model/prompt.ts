import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { Language } from '../../domain/question/question.ts';
import { type ModelReply, REPLY_JSON_SCHEMA, replySchema } from '../verify/model-reply.ts';
import { QUERY_JSON_SCHEMA } from './tool-queries.ts';

export const PROMPT_NAMES = ['why', 'summarize', 'assess', 'batch'] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

const EMPTY_REPLY: ModelReply = replySchema.parse({ explanation: '' });

/** For several texts at once: one reply each, in the order of the texts. */
export const batchSchema = z.object({
  answers: z.array(replySchema.extend({ text: z.coerce.number() }).catch({ ...EMPTY_REPLY, text: 0 })),
});
export const BATCH_JSON_SCHEMA: Record<string, unknown> = {
  type: 'object',
  properties: { answers: { type: 'array', items: withFields({ text: { type: 'integer' } }) } },
  required: ['answers'],
  additionalProperties: false,
};

/** The reply of a model that may ask for more: queries, or the answer. */
export const inquirySchema = replySchema.extend({
  explanation: z.string().default(''),
  queries: z.array(z.unknown()).default([]),
});
export const INQUIRY_JSON_SCHEMA: Record<string, unknown> = withFields({
  queries: { type: 'array', items: QUERY_JSON_SCHEMA },
});

function withFields(more: Record<string, unknown>): Record<string, unknown> {
  const { properties, required } = REPLY_JSON_SCHEMA as {
    properties: Record<string, unknown>;
    required: string[];
  };
  return {
    ...REPLY_JSON_SCHEMA,
    properties: { ...more, ...properties },
    required: [...Object.keys(more), ...required],
  };
}

const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', ko: 'Korean (한국어, 해요체)' };

export interface Prompts {
  /** Changes with any word of any prompt; part of the cache key. */
  readonly version: string;
  /**
   * @param parts.data log text, already masked; stands between two lines with a random mark that it does not contain;
   *   several texts stand in such a block each, numbered from 1
   * @param parts.tools whether the model may answer with queries first
   */
  build(
    name: PromptName,
    parts: { language: Language; question: string; data: string | readonly string[]; tools?: boolean },
  ): { system: string; prompt: string };
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
  const hash = createHash('sha256').update(tools);
  for (const text of texts.values()) hash.update(text);
  return {
    version: hash.digest('hex').slice(0, 12),
    build(name, { language, question, data, tools: mayAsk = false }) {
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
        system: fill(texts.get(name)! + (mayAsk ? `\n\n${tools}` : '')),
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
