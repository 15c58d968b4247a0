import { z } from 'zod';
import { MINUTE } from '../domain/time/units.ts';

const url = z.url({ protocol: /^https?$/ });
const milliseconds = z.int().positive();
/** US dollars per million tokens. */
const price = z.strictObject({ prompt: z.number().min(0), completion: z.number().min(0) });

/** What every kind of model may say about itself. */
const common = {
  /** What `answers.tasks` calls it; its kind when absent. Two entries of one kind need an id each. */
  id: z.string().min(1).optional(),
  /** US dollars per million tokens, where `prices` does not say it. */
  price: price.optional(),
  /** A capable model may ask for more lines and counts (read-only queries) before it answers; small ones get lost. */
  tools: z.boolean().optional(),
  /** Questions it is asked at the same time; the rest waits, people before batch work. */
  concurrency: z.int().positive().optional(),
  /** Questions a minute that its vendor allows; the rest waits. */
  requestsPerMinute: z.int().positive().optional(),
};

const openai = z.strictObject({
  kind: z.literal('openai'),
  ...common,
  baseUrl: url.default('https://api.openai.com/v1'),
  model: z.string().min(1).default('gpt-4o-mini'),
  contextTokens: z.int().min(1_024).default(128_000),
  timeoutMs: milliseconds.default(60_000),
  /** Only from the environment. */
  apiKey: z.string().optional(),
});

const OLLAMA = { url: 'http://localhost:11434', model: 'llama3' };
const ollama = z.strictObject({
  kind: z.literal('ollama'),
  ...common,
  url: url.default(OLLAMA.url),
  model: z.string().min(1).default(OLLAMA.model),
  contextTokens: z.int().min(1_024).default(8_192),
  timeoutMs: milliseconds.default(120_000),
});

/** In order of preference; the first that answers is asked. */
export const modelsSchema = z
  .array(z.discriminatedUnion('kind', [openai, ollama]))
  .prefault([{ kind: 'openai' }, { kind: 'ollama' }]);

/** List prices per model name, in US dollars per million tokens; those of the file go before these. */
const PRICES: Record<string, z.infer<typeof price>> = {
  'gpt-4o': { prompt: 2.5, completion: 10 },
  'gpt-4o-mini': { prompt: 0.15, completion: 0.6 },
  'gpt-4.1': { prompt: 2, completion: 8 },
  'gpt-4.1-mini': { prompt: 0.4, completion: 1.6 },
  'gpt-4.1-nano': { prompt: 0.1, completion: 0.4 },
};
export const pricesSchema = z
  .record(z.string(), price)
  .prefault({})
  .transform((own) => ({ ...PRICES, ...own }));

const order = z.array(z.string().min(1)).min(1).optional();
/** `null`: no limit. */
const limit = (most: number | null) => z.number().positive().nullable().default(most);

/** How answers are made: which model for which task, what may be spent, how long they are kept, what is hidden. */
export const answersSchema = z
  .strictObject({
    /** Ids of models by task, in the order they are tried; all of `models` in their order where a task is absent. */
    tasks: z
      .strictObject({
        why: order,
        summarize: order,
        /** Pasted text and `POST /analyze`. */
        assess: order,
      })
      .prefault({}),
    /** Per day in `timeZone`; what is spent is shared by all processes on one state store. `null`: no limit. */
    budget: z
      .strictObject({
        usd: limit(10),
        usdPerUser: limit(2),
        tokens: limit(null),
        tokensPerUser: limit(null),
      })
      .prefault({}),
    /** How long an answer is given again while its evidence, prompts and model are the same. */
    cacheMs: milliseconds.default(10 * MINUTE),
    /** What is hidden from models outside besides credentials and personal data, which always are. */
    mask: z
      .strictObject({ addresses: z.boolean().default(false), names: z.boolean().default(false) })
      .prefault({}),
  })
  .prefault({});

/** The id of a model entry: its own, else its kind. */
export const modelId = (entry: { kind: string; id?: string | undefined }): string => entry.id ?? entry.kind;

/** The Ollama that is looked for where nobody named one: it may be there, and need not. */
export const isAssumed = (entry: z.infer<typeof modelsSchema>[number]): boolean =>
  entry.kind === 'ollama' && entry.url === OLLAMA.url && entry.model === OLLAMA.model;

/** Ids are unique, and tasks name ids that exist. */
export function checkModels(
  config: { models: z.infer<typeof modelsSchema>; answers: z.infer<typeof answersSchema> },
  context: z.RefinementCtx,
): void {
  const ids = config.models.map(modelId);
  const issue = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  for (const [index, id] of ids.entries())
    if (ids.indexOf(id) !== index) issue(['models', index, 'id'], `"${id}" is taken; give each its own id`);
  for (const [task, wanted] of Object.entries(config.answers.tasks))
    for (const [index, id] of (wanted ?? []).entries())
      if (!ids.includes(id))
        issue(['answers', 'tasks', task, index], `no model "${id}"; there are: ${ids.join(', ')}`);
}
