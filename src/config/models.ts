import { z } from 'zod';
import { MINUTE } from '../domain/time/units.ts';
import { httpUrl, milliseconds } from './fields.ts';

const price = z.strictObject({
  prompt: z.number().min(0).describe('US dollars per million tokens of the prompt.'),
  completion: z.number().min(0).describe('US dollars per million tokens of the reply.'),
});

const contextTokens = z.int().min(1_024).describe('Tokens the model holds, prompt and reply together.');
const timeoutMs = milliseconds.describe('Longest time an answer may take, in milliseconds.');

/** Fields of every kind of model. */
const common = {
  id: z
    .string()
    .min(1)
    .optional()
    .describe('Its name in `answers.tasks`; its kind when absent. Two entries of one kind need an id each.'),
  price: price.optional().describe('What it costs, where `prices` does not say it.'),
  tools: z
    .boolean()
    .optional()
    .describe(
      'It may ask for more lines and counts (read-only queries) before it answers. For capable models only: small ones get lost.',
    ),
  thinking: z
    .enum(['off', 'low', 'medium', 'high'])
    .optional()
    .describe(
      'How much it thinks before it answers, where it can; `off` when absent: claims are checked anyway, and thinking costs time.',
    ),
  concurrency: z
    .int()
    .positive()
    .optional()
    .describe(
      'Questions it is asked at the same time; 8 for `openai`, 2 for `ollama` when absent. The rest waits, people before batch work.',
    ),
  requestsPerMinute: z
    .int()
    .positive()
    .optional()
    .describe('Questions per minute its vendor allows; no limit when absent. The rest waits.'),
};

const openai = z.strictObject({
  kind: z.literal('openai').describe('A server with the API of OpenAI.'),
  ...common,
  baseUrl: httpUrl.default('https://api.openai.com/v1').describe('Address of the API.'),
  model: z.string().min(1).default('gpt-6-luna').describe('Name of the model.'),
  contextTokens: contextTokens.default(128_000),
  timeoutMs: timeoutMs.default(MINUTE),
  apiKey: z.string().optional().describe('Key of the API.'),
});

const OLLAMA = { url: 'http://localhost:11434', model: 'gemma4:e4b' };
const ollama = z.strictObject({
  kind: z.literal('ollama').describe('An Ollama server.'),
  ...common,
  url: httpUrl.default(OLLAMA.url).describe('Address of the server.'),
  model: z.string().min(1).default(OLLAMA.model).describe('Name of the model.'),
  contextTokens: contextTokens.default(16_384),
  timeoutMs: timeoutMs.default(120_000),
});

export const modelsSchema = z
  .array(z.discriminatedUnion('kind', [openai, ollama]))
  .prefault([{ kind: 'openai' }, { kind: 'ollama' }])
  .describe('Language models, in the order they are asked; the next one is asked where one gives no answer.');

/** List prices by the name of the model; prices in the file replace them. */
const PRICES: Record<string, z.infer<typeof price>> = {
  'gpt-6-luna': { prompt: 0.1, completion: 0.5 },
  'gpt-5.6-luna': { prompt: 0.2, completion: 1.2 },
  'gpt-5.6-terra': { prompt: 2, completion: 12 },
  'gpt-5.4-mini': { prompt: 0.75, completion: 4.5 },
  'gpt-5.4-nano': { prompt: 0.2, completion: 1.25 },
  'gpt-4o': { prompt: 2.5, completion: 10 },
  'gpt-4o-mini': { prompt: 0.15, completion: 0.6 },
  'gpt-4.1': { prompt: 2, completion: 8 },
  'gpt-4.1-mini': { prompt: 0.4, completion: 1.6 },
  'gpt-4.1-nano': { prompt: 0.1, completion: 0.4 },
};
export const pricesSchema = z
  .record(z.string(), price)
  .prefault({})
  .transform((own) => ({ ...PRICES, ...own }))
  .describe(
    `Prices by the name of the model. Known without being listed: ${Object.keys(PRICES)
      .map((name) => `\`${name}\``)
      .join(', ')}. A model without a price counts as free.`,
  );

const order = z.array(z.string().min(1)).min(1).optional();
const limit = (most: number | null) => z.number().positive().nullable().default(most);

export const answersSchema = z
  .strictObject({
    tasks: z
      .strictObject({
        why: order.describe('Why something happened: `/logs why`, and the analysis of a new incident.'),
        summarize: order.describe('Summaries of a window, or of pasted text.'),
        assess: order.describe('What pasted text and the texts of `POST /analyze` mean.'),
      })
      .prefault({})
      .describe(
        'Ids of models for a task, in the order they are asked; all of `models` in their order where a task is absent.',
      ),
    budget: z
      .strictObject({
        usd: limit(10).describe('US dollars of all together.'),
        usdPerUser: limit(2).describe('US dollars of each person.'),
        tokens: limit(null).describe('Tokens of all together, of free models too.'),
        tokensPerUser: limit(null).describe('Tokens of each person, of free models too.'),
      })
      .prefault({})
      .describe(
        'Limits of a day in `timeZone`, shared by all processes on one state store; `null`: no limit.',
      ),
    cacheMs: milliseconds
      .default(10 * MINUTE)
      .describe(
        'How long an answer is given again while its evidence, prompts and model are the same, in milliseconds.',
      ),
    hypothesis: z
      .enum(['local', 'always', 'never'])
      .default('local')
      .describe(
        'Which models may add one guess in their own words, marked as a guess: `local` ones, also those outside (`always`), or none.',
      ),
    mask: z
      .strictObject({
        addresses: z.boolean().default(false).describe('IP addresses.'),
        names: z.boolean().default(false).describe('Names of people.'),
      })
      .prefault({})
      .describe(
        'What is hidden from models outside besides credentials and personal data, which are always hidden.',
      ),
  })
  .prefault({})
  .describe('How answers are made: which model for which task, what may be spent, what is hidden.');

/** The id of a model entry: its own, else its kind. */
export const modelId = (entry: { kind: string; id?: string | undefined }): string => entry.id ?? entry.kind;

/** Whether this is the Ollama that is tried although it is not configured: if it is absent, nothing is reported as missing. */
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
