import { createHash } from 'node:crypto';
import type { StateStore } from '../../backends/state/store.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Log } from '../../log.ts';

/** Answers by everything they depend on. An answer never fails because of the cache. */
export interface AnswerCache {
  get(key: string): Promise<Answer | undefined>;
  keep(key: string, answer: Answer): Promise<void>;
}

/** A key made from evidence, question, prompts and model: if one of them changes, the answer is made anew. */
export const cacheKey = (parts: unknown): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** @param options.ttlMs how long an answer is kept, in milliseconds */
export function createAnswerCache(options: {
  state: StateStore | undefined;
  ttlMs: number;
  log: Log;
}): AnswerCache {
  const { state, ttlMs, log } = options;
  return {
    async get(key) {
      try {
        return (await state?.get('answer', key))?.value;
      } catch (error) {
        log.warn({ err: error }, 'the answer cache cannot be read');
        return undefined;
      }
    },
    async keep(key, answer) {
      try {
        await state?.commit({ put: [{ kind: 'answer', id: key, value: answer, ttlMs }] });
      } catch (error) {
        log.warn({ err: error }, 'the answer cannot be cached');
      }
    },
  };
}
