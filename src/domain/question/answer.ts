import { z } from 'zod';
import { ANOMALY_STATUSES } from '../alert/anomaly.ts';
import { CERTAINTIES } from '../log/failure-kind.ts';

const evidenceRef = z.object({ id: z.string(), line: z.string() });

/** Lines and errors over time, in buckets of equal width; empty buckets are included. */
const course = z.object({
  bucket_ms: z.int(),
  buckets: z.array(z.object({ at: z.string(), total: z.int(), errors: z.int() })),
});
export type Histogram = z.infer<typeof course>;

/** The figures of a summary, as numbers: the same that its sentences say. */
const counts = z.object({
  /** Log entries in the window; a stack trace belongs to the entry before it. */
  lines: z.int(),
  requests: z.int(),
  /** Requests that were answered with a status of 500 or more. */
  errors_5xx: z.int(),
  /** Where most requests went; absent if there are none. */
  busiest: z.object({ endpoint: z.string(), count: z.int() }).optional(),
  /** Mean response time of the requests whose time is known, in milliseconds. */
  mean_ms: z.number().optional(),
});
export type SummaryCounts = z.infer<typeof counts>;

/**
 * A sentence of an answer. `proven`: code computed what it says from the logs; `hypothesis`: a guess, which its words say as well.
 * `evidence`: ids of log lines that show it.
 */
const statement = z.object({
  text: z.string(),
  standing: z.enum(['proven', 'hypothesis']),
  evidence: z.array(z.string()),
});
export type Statement = z.infer<typeof statement>;

/** The wire contract of an answer (`/analyze`, `why`, `summarize`). Sentences are in the asker's language; lines are verbatim. */
export const answerWire = z.object({
  anomaly_status: z.enum(ANOMALY_STATUSES),
  confidence: z.number().min(0).max(1),
  detected_issues: z.array(z.string()),
  /** The text of all statements, and notes on how the answer was made. */
  explanation: z.string(),
  error_type: z.string(),
  root_cause: z.string(),
  solution: z.string(),
  severity: z.int().min(1).max(5),
  sentiment: z.enum(['positive', 'neutral', 'negative']),
  summary: z.string(),
  verdict: z.enum(CERTAINTIES),
  /** Ranked, best first. */
  causes: z.array(
    z.object({
      service: z.string(),
      cause: z.string(),
      confidence: z.number().min(0).max(1),
      evidence: z.array(evidenceRef),
    }),
  ),
  ruled_out: z.array(z.string()),
  evidence: z.array(
    z.object({
      id: z.string(),
      timestamp: z.string(),
      service: z.string(),
      line: z.string(),
      count: z.int(),
    }),
  ),
  /** What the explanation says, sentence by sentence. */
  statements: z.array(statement).default([]),
  /** For a summary: how the lines of its window are distributed over time. */
  course: course.optional(),
  /** For a summary: its figures as numbers. */
  counts: counts.optional(),
  /** `none` if no model was used. */
  model: z.string(),
  tokens: z.object({ prompt: z.int(), completion: z.int() }),
  usd: z.number(),
  cached: z.boolean(),
  duration_ms: z.number(),
});
export type Answer = z.infer<typeof answerWire>;
export type EvidenceLine = Answer['evidence'][number];
