import { z } from 'zod';
import { ANOMALY_STATUSES } from '../../../domain/alert/anomaly.ts';
import { DIGEST_SPANS, type DigestIncident, type DigestReport } from '../../../domain/job/digest.ts';
import type { AnalysisReport, TuningRecord } from '../../../domain/job/job.ts';
import { answerWire } from '../../../domain/question/answer.ts';
import { loose, shape } from './shape.ts';

export const answer = answerWire;

const window = loose({ from: z.number(), to: z.number() });
const series = z.array(loose({ at: z.number(), total: z.number(), errors: z.number() }));

export const analysis = shape<AnalysisReport>({
  answer,
  records: z.number(),
  templates: z.number(),
  window,
  series,
  top: z.array(
    loose({
      id: z.string(),
      pattern: z.string(),
      count: z.number(),
      errors: z.number(),
      first: z.number(),
      last: z.number(),
      peak: loose({ at: z.number(), count: z.number() }),
    }),
  ),
});

const listed = shape<DigestIncident>({
  id: z.string(),
  service: z.string(),
  title: z.string(),
  status: z.enum(ANOMALY_STATUSES),
  severity: z.number(),
  occurrence: z.number(),
  count: z.number(),
  firstSeen: z.number(),
  resolved: z.boolean(),
});

export const digest = shape<DigestReport>({
  span: z.enum(DIGEST_SPANS),
  day: z.string(),
  team: z.string(),
  window,
  quiet: z.boolean(),
  incidents: loose({
    opened: z.number(),
    recurring: z.number(),
    resolved: z.number(),
    open: z.number(),
    carried: z.number().optional(),
    acknowledgeMs: z.number().optional(),
    resolveMs: z.number().optional(),
    top: z.array(listed),
  }),
  keptQuiet: loose({ count: z.number(), listed: z.array(listed) }).optional(),
  warnings: loose({ count: z.number(), listed: z.array(listed) }).optional(),
  noisiest: z.array(
    loose({ incidentId: z.string(), service: z.string(), title: z.string(), alerts: z.number() }),
  ),
  logs: loose({
    lines: z.number(),
    errors: z.number(),
    before: loose({ lines: z.number(), errors: z.number() }),
    newTemplates: z.array(loose({ pattern: z.string(), count: z.number(), errors: z.number() })),
    newTemplateCount: z.number(),
    series,
  }),
  cost: loose({ usd: z.number(), tokens: z.number(), answers: z.number() }).optional(),
  training: loose({
    train: z.number(),
    test: z.number(),
    trainAtLeast: z.number(),
    testAtLeast: z.number(),
  }).optional(),
  jobs: loose({ done: z.number(), failed: z.number(), waiting: z.number() }),
  models: z.array(loose({ name: z.string(), ok: z.boolean() })),
  madeAt: z.number(),
});

/** One training: what is asked of it later. Its figures and its data card are only shown. */
const training = z.looseObject({
  target: z.string(),
  trainer: z.string(),
  at: z.number(),
  promoted: z.boolean(),
  reason: z.string(),
  tuned: z.looseObject({ kind: z.enum(['alerts', 'model']) }).optional(),
}) as unknown as z.ZodType<TuningRecord>;

/** The trainings of one target, newest first, and `at` of the one that serves. */
export const tuning = loose({ records: z.array(training), serving: z.number().optional() });
