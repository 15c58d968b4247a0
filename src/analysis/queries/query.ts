import { z } from 'zod';
import { LEVELS } from '../../domain/log/record.ts';

/** The most rows of a ranking, and lines, that a question may ask for. */
const MOST_ROWS = 50;
const NAME = 200;

/** Which lines a question is about; what is absent does not limit it. */
const queryFilterSchema = z.strictObject({
  services: z.array(z.string().min(1).max(NAME)).max(20).optional().describe('names of services'),
  levels: z.array(z.enum(LEVELS)).min(1).optional().describe('levels of lines'),
  text: z
    .string()
    .min(1)
    .max(NAME)
    .optional()
    .describe('words that all occur in the line; "quoted" is a phrase'),
  forms: z
    .array(z.string().min(1).max(NAME))
    .min(1)
    .max(10)
    .optional()
    .describe('ways to write one more word; the one is used that most lines hold'),
  status: z
    .strictObject({ from: z.int().min(100).max(600), to: z.int().min(100).max(600) })
    .optional()
    .describe('statuses of requests, from <= status < to'),
  path: z.string().min(1).max(NAME).optional().describe('a path, or the beginning of one'),
});
export type QueryFilter = z.infer<typeof queryFilterSchema>;

const MEASURES = ['lines', 'requests', 'mean_ms', 'failed_share'] as const;
/** What is counted or measured: lines, requests, the mean time of requests, the share that failed. */
export type Measure = (typeof MEASURES)[number];

const GROUPINGS = ['service', 'endpoint', 'host', 'template', 'error_code'] as const;
export type Grouping = (typeof GROUPINGS)[number];

const filter = queryFilterSchema.default({});
const limit = z.int().min(1).max(MOST_ROWS);

/** Every question that can be answered: a person's words, or a model, only choose one of these. */
export const querySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rank'),
    by: z.enum(GROUPINGS),
    measure: z.enum(MEASURES),
    least: z.boolean().default(false),
    limit: limit.default(5),
    filter,
  }),
  z.strictObject({
    kind: z.literal('count'),
    measure: z.enum(['lines', 'requests']),
    /** Count the different services (endpoints, hosts …) instead of the lines. */
    of: z.enum(GROUPINGS).optional(),
    filter,
  }),
  z.strictObject({ kind: z.literal('often'), measure: z.enum(['lines', 'requests']), filter }),
  z.strictObject({
    kind: z.literal('share'),
    of: z
      .array(z.enum(['services', 'levels', 'status']))
      .max(3)
      .optional()
      .describe('the parts of the filter that limit the whole as well; absent: the services'),
    filter,
  }),
  z.strictObject({ kind: z.literal('duration'), longest: z.boolean().default(false), filter }),
  z.strictObject({ kind: z.enum(['begin', 'end', 'course']), slow: z.boolean().default(false), filter }),
  z.strictObject({ kind: z.literal('occurrence'), which: z.enum(['first', 'last']), filter }),
  z.strictObject({ kind: z.literal('peak'), measure: z.enum(['lines', 'requests']), filter }),
  z.strictObject({ kind: z.literal('state'), filter }),
  z.strictObject({ kind: z.literal('changes'), which: z.enum(['new', 'changed']), filter }),
  z.strictObject({ kind: z.literal('calls'), direction: z.enum(['callers', 'callees', 'all']), filter }),
  z.strictObject({
    kind: z.literal('lines'),
    order: z.enum(['newest', 'oldest']).default('newest'),
    limit: limit.default(5),
    filter,
  }),
  z.strictObject({
    kind: z.literal('compare'),
    measure: z.enum(MEASURES),
    with: z.enum(['day', 'week', 'hour', 'before']),
    filter,
  }),
  z.strictObject({ kind: z.literal('extent') }),
]);
export type Query = z.infer<typeof querySchema>;
/** A query for the begin, the end or both of something. */
export type EdgeQuery = Extract<Query, { slow: boolean }>;
export type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;

/** Why a question is not answered by a query. */
export type Refusal = 'form' | 'future' | 'advice' | 'not' | 'distinct' | 'join' | 'word';

/** How a question was read. */
export type Reading =
  | { query: Query }
  /** It is one for the analysis of causes, or for the summary. */
  | { hand: 'why' | 'summarize' }
  | { refused: Refusal; word?: string };
