import { z } from 'zod';
import { FINE_TUNE_TASKS } from '../domain/job/job.ts';
import { ACTION_NAMES } from '../domain/question/message.ts';
import { LANGUAGES } from '../domain/question/question.ts';

/** Characters of one text that `/analyze` takes. */
const MAX_TEXT = 2_000_000;
const MAX_TEXTS = 64;
/** Lines of one text: each line costs work, even a short one. */
const MAX_LINES = 50_000;

export const analyzeText = z
  .string()
  .max(MAX_TEXT, `longer than ${MAX_TEXT} characters`)
  .regex(/\S/, 'empty')
  .refine((text) => lineBreaks(text) < MAX_LINES, `more than ${MAX_LINES} lines`);

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

export const analyzeBody = z
  .strictObject({
    text: analyzeText.optional().describe('Log lines, one per line break.'),
    texts: z
      .array(z.unknown().meta({ type: 'string' }))
      .min(1)
      .max(MAX_TEXTS)
      .optional()
      .describe(
        'Several texts, asked together where a model is used; results in order. One that is empty or too long fails alone.',
      ),
    task: z
      .enum(FINE_TUNE_TASKS)
      .optional()
      .describe(
        'What the caller is after: its field comes from the model that was trained for it, where one serves. With ' +
          '`summary` the answer tells what the lines show in figures (requests, mean response time, busiest endpoint, ' +
          'errors by kind). It has all of its fields in any case.',
      ),
    language: z.enum(LANGUAGES).optional().describe('Language of the prose; that of the server by default.'),
    temperature: z.number().min(0).max(2).optional().describe('Passed to the model.'),
    fresh: z.boolean().default(false).describe('Ask the model though an answer to the same is kept.'),
    stream: z.boolean().default(false).describe('Answer as server-sent events while the work goes on.'),
  })
  .refine((body) => (body.text === undefined) !== (body.texts === undefined), {
    message: 'exactly one of "text" and "texts" is needed',
  });
/** `POST /fine-tune`: one task, or all of them when none is named. */
export const fineTuneBody = z.strictObject({ task: z.enum(FINE_TUNE_TASKS).optional() });

export type AnalyzeBody = z.infer<typeof analyzeBody>;

/** What a person types. The limit is wide: the chat answers a question that is too long with a sentence. */
const typed = z.string().min(1).max(8_000);
const id = z.string().min(1).max(200);
const person = z.string().trim().min(1).max(60);

export const messagesQuery = z.strictObject({ thread: id.optional() });

export const sayBody = z.strictObject({
  text: typed,
  user: person.default('operator'),
  language: z.enum(LANGUAGES).optional(),
  thread: id.optional(),
});

export const pressBody = z.strictObject({
  action: z.strictObject({ name: z.enum(ACTION_NAMES), subject: id, value: z.string().max(200).optional() }),
  user: person.default('operator'),
  language: z.enum(LANGUAGES).optional(),
  thread: id.optional(),
});

export const incidentsQuery = z.strictObject({
  all: z.enum(['0', '1']).optional(),
  language: z.enum(LANGUAGES).optional(),
});

export const openIncidentBody = z.strictObject({ id });
