import { z } from 'zod';

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
