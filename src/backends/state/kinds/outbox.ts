import { z } from 'zod';
import { ERROR_CODES } from '../../../domain/errors.ts';
import type { Block, Message } from '../../../domain/question/message.ts';
import { outsideAlert } from './incident.ts';
import { loose, shape } from './shape.ts';

const BLOCKS = [
  'heading',
  'text',
  'fields',
  'lines',
  'details',
  'footnote',
  'progress',
  'buttons',
  'chart',
  'report',
] as const satisfies Block['kind'][];

/** A chat message: that it can be shown at all. Adapters bear any text in it. */
export const message = shape<Message>({
  summary: z.string(),
  tone: z.enum(['critical', 'warning', 'good', 'neutral']),
  mentions: z.array(z.string()).optional(),
  blocks: z.array(z.looseObject({ kind: z.enum(BLOCKS) }) as unknown as z.ZodType<Block>),
});

const content = z.discriminatedUnion('kind', [
  loose({ kind: z.literal('incident') }),
  loose({ kind: z.literal('action'), index: z.number() }),
  loose({ kind: z.literal('joined') }),
  loose({ kind: z.literal('alert'), alert: outsideAlert }),
  loose({ kind: z.literal('message'), message }),
  loose({ kind: z.literal('storm'), incidents: z.array(z.string()) }),
]);

const place = { chat: z.string(), channel: z.string() };
const sent = loose({ channel: z.string(), thread: z.string().optional(), id: z.string() });
const code = z.enum(ERROR_CODES);

const delivery = loose({
  ...place,
  thread: z.string().optional(),
  incidentId: z.string().optional(),
  slot: z.string().optional(),
  content,
  severity: z.number(),
  wanted: z.number(),
  shown: z.number(),
  due: z.number(),
  since: z.number().optional(),
  attempts: z.number(),
  sending: z.number().optional(),
  by: z.string().optional(),
  ref: sent.optional(),
  told: loose({
    severity: z.number(),
    reports: z.number(),
    escalated: z.number(),
    flaps: z.number(),
  }).optional(),
  postedAt: z.number().optional(),
  removed: z.number().optional(),
  former: sent.optional(),
  via: loose({ ...place, code }).optional(),
  storm: z.string().optional(),
  alone: z.boolean().optional(),
  problem: code.optional(),
});

const task = loose({
  task: z.enum(['analysis', 'explain', 'job', 'letters']),
  subject: z.string(),
  due: z.number(),
  attempts: z.number(),
  place: loose({ ...place, thread: z.string().optional() }).optional(),
  language: z.enum(['ko', 'en']).optional(),
  report: z.string().optional(),
});

/** A message on its way to a chat, or work that ends in messages. */
export const outbox = z.union([task, delivery]);
