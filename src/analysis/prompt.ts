import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import type { Language } from '../domain/question.ts';

export const PROMPT_NAMES = ['why', 'summarize', 'assess'] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

/** What a model is asked to answer with. Everything in it is checked before a person sees it. */
export const replySchema = z.object({
  explanation: z.string(),
  root_cause: z.string().default(''),
  solution: z.string().default(''),
  summary: z.string().default(''),
  error_type: z.string().default(''),
  severity: z.coerce.number().default(0),
  sentiment: z.string().default(''),
  quotes: z.array(z.string()).default([]),
});
export type ModelReply = z.infer<typeof replySchema>;

/** The same as JSON Schema, in the small subset that every server can enforce. */
export const REPLY_JSON_SCHEMA: Record<string, unknown> = {
  type: 'object',
  properties: {
    explanation: { type: 'string' },
    root_cause: { type: 'string' },
    solution: { type: 'string' },
    summary: { type: 'string' },
    error_type: { type: 'string' },
    severity: { type: 'integer', enum: [1, 2, 3, 4, 5] },
    sentiment: { type: 'string', enum: ['positive', 'neutral', 'negative'] },
    quotes: { type: 'array', items: { type: 'string' } },
  },
  required: [
    'explanation',
    'root_cause',
    'solution',
    'summary',
    'error_type',
    'severity',
    'sentiment',
    'quotes',
  ],
  additionalProperties: false,
};

const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', ko: 'Korean (한국어, 해요체)' };

export interface Prompts {
  /** Changes with any word of any prompt; part of the cache key. */
  readonly version: string;
  /**
   * @param parts.data log text, already masked; stands between two lines with a random mark that it does not contain
   */
  build(
    name: PromptName,
    parts: { language: Language; question: string; data: string },
  ): { system: string; prompt: string };
}

/**
 * Reads the prompt files once. `{{> name}}` includes `_parts/name.md`, `{{word}}` is filled per request.
 * @param directory the project's `prompts` by default
 * Throws AppError `config_invalid` when a file is missing.
 */
export function loadPrompts(directory = resolve(import.meta.dirname, '../../prompts')): Prompts {
  const read = (path: string): string => {
    try {
      return readFileSync(join(directory, path), 'utf8').trim();
    } catch (cause) {
      throw new AppError('config_invalid', `prompt file ${path} cannot be read`, { cause });
    }
  };
  const texts = new Map(
    PROMPT_NAMES.map((name) => [
      name,
      read(`${name}.md`).replace(/\{\{>\s*(\w+)\s*\}\}/g, (_, part: string) => read(`_parts/${part}.md`)),
    ]),
  );
  const hash = createHash('sha256');
  for (const text of texts.values()) hash.update(text);
  return {
    version: hash.digest('hex').slice(0, 12),
    build(name, { language, question, data }) {
      const marker = freshMarker(data + question);
      const values: Record<string, string> = { marker, language: LANGUAGE_NAMES[language] };
      const system = texts.get(name)!.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? '');
      const asked = question.trim();
      return {
        system,
        prompt: `${asked ? `Question: ${asked.replace(/\s+/g, ' ')}\n\n` : ''}<<<${marker}\n${data}\n${marker}>>>`,
      };
    },
  };
}

/** 64 random bits: the data cannot have known it; drawn again in the unthinkable case that it holds it. */
function freshMarker(data: string): string {
  for (;;) {
    const marker = `DATA-${randomBytes(8).toString('hex')}`;
    if (!data.includes(marker)) return marker;
  }
}
