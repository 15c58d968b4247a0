import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import type { Asker } from '../domain/question/spend.ts';
import { SECOND } from '../domain/time/units.ts';
import { converse } from './model/converse.ts';
import { type ExplainerParts, maskerFor } from './model/explainer.ts';
import { readObject } from './model/reply.ts';
import { type Query, querySchema } from './queries/query.ts';

/** A person waits, and without a choice the answer is a plain refusal. */
const TIMEOUT_MS = 20 * SECOND;
const REPLY_TOKENS = 400;
/** So many names of services are told. */
const SERVICES = 200;

const replySchema = z.object({ query: z.unknown() });
const REPLY_JSON_SCHEMA = z.toJSONSchema(z.object({ query: querySchema.nullable() }), {
  io: 'input',
}) as Record<string, unknown>;

/** What a choice is made from. */
export interface Choice {
  text: string;
  /** Names of services in the store. */
  services: readonly string[];
  asker: Asker;
  signal: AbortSignal;
}

/**
 * Lets a model choose the query for a question whose words alone did not tell it. What it chooses is checked by the schema; a
 * name or a word that is not in the question and not in the store is no choice.
 * @returns undefined where no model answers in time, or none of the queries fits
 * @throws AppError `stopped` when `signal` aborts
 */
export async function chooseQuery(parts: ExplainerParts, choice: Choice): Promise<Query | undefined> {
  const { asker, signal } = choice;
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const conversation = converse<Query | undefined>({
      models: parts.models,
      breaker: parts.breaker,
      meter: parts.meter,
      asker,
      task: 'ask',
      judges: false,
      lane: 'person',
      temperature: 0,
      signal: inTime,
      log: parts.log,
      async *attempt(model, _shrink, ask) {
        // Nothing is shown while it chooses.
        yield '';
        const masker = maskerFor(parts, model);
        const { text, services } = choice;
        const data = JSON.stringify({ question: text, services: services.slice(0, SERVICES) });
        let raw = '';
        for await (const piece of ask({
          system: instructions(),
          prompt: masker.mask(data),
          schema: REPLY_JSON_SCHEMA,
          schemaName: 'choice',
          maxTokens: REPLY_TOKENS,
        }))
          raw += piece;
        return chosen(masker.unmask(raw), choice);
      },
    });
    for await (const event of conversation) if (event.kind === 'reply') return event.reply;
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError && error.code === 'stopped')) throw error;
    return undefined;
  }
}

const instructions = (): string =>
  readFileSync(resolve(import.meta.dirname, '../../prompts/choose.md'), 'utf8').trim();

/** The query of a reply, if it is one and holds nothing that the model made up. */
function chosen(raw: string, { text, services }: Choice): Query | undefined {
  const parsed = querySchema.safeParse(readObject(raw, replySchema).query);
  if (!parsed.success) return undefined;
  const filter = 'filter' in parsed.data ? parsed.data.filter : {};
  const known = new Set(services);
  const said = text.toLowerCase();
  const words = [...(filter.text ?? '').matchAll(/[^\s"]+/g)].map(([word]) => word.toLowerCase());
  const forms = filter.forms ?? [];
  const isSaid = words.every((word) => said.includes(word)) && (!filter.path || text.includes(filter.path));
  const isKnown = (filter.services ?? []).every((name) => known.has(name));
  return isSaid && isKnown && forms.every((form) => said.includes(form.toLowerCase()))
    ? parsed.data
    : undefined;
}
