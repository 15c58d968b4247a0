import { z } from 'zod';
import { type Feedback, VERDICTS } from '../../../domain/alert/feedback.ts';
import type { Mute } from '../../../domain/alert/mute.ts';
import type { Vote } from '../../../domain/alert/suppression.ts';
import type { AuditEntry } from '../../../domain/audit.ts';
import { ERROR_CODES } from '../../../domain/errors.ts';
import type { Health, ProcessHealth, SystemSample } from '../../../domain/health.ts';
import { MODEL_FAULTS } from '../../../domain/question/model-fault.ts';
import type { Spent, SpentDay } from '../../../domain/question/spend.ts';
import { incident, nestIncident } from './incident.ts';
import { message, outbox } from './outbox.ts';
import { analysis, answer, digest, tuning } from './reports.ts';
import { loose, shape } from './shape.ts';

const at = loose({ at: z.number() });

const mute = shape<Mute>({
  id: z.string(),
  by: z.enum(['service', 'template']),
  service: z.string(),
  key: z.string().optional(),
  pattern: z.string().optional(),
  at: z.number(),
  until: z.number(),
  who: z.string(),
  reason: z.string().optional(),
});

const audit = shape<AuditEntry>({
  at: z.number(),
  who: loose({ id: z.string(), name: z.string() }),
  what: z.string(),
  from: loose({ chat: z.string(), channel: z.string().optional(), thread: z.string().optional() }),
  incident: z.string().optional(),
  about: z.string().optional(),
  note: z.string().optional(),
  until: z.number().optional(),
});

const feedback = shape<Feedback>({
  id: z.string(),
  verdict: z.enum(VERDICTS),
  service: z.string(),
  template: z.string(),
  detector: z.string(),
  at: z.number(),
  by: z.string().optional(),
  incident: z.string().optional(),
});

const vote = shape<Vote>({
  incident: z.string(),
  at: z.number(),
  critical: z.boolean(),
  real: z.boolean(),
  severity: z.number().optional(),
  issues: z.array(z.string()).optional(),
});

const figures = { usd: z.number(), prompt: z.number(), completion: z.number(), calls: z.number() };
const spent = shape<Spent>(figures);
const spend = shape<SpentDay>({
  all: spent,
  users: z.record(z.string(), shape<Spent & { name: string }>({ ...figures, name: z.string() })),
  tasks: z.record(z.string(), spent),
  models: z.record(z.string(), spent),
  holds: z.record(
    z.string(),
    loose({ user: z.string(), usd: z.number(), tokens: z.number(), until: z.number() }),
  ),
});

const health = z.looseObject({
  ok: z.boolean(),
  kind: z.string(),
  detail: z.string(),
  mend: z.string().optional(),
}) as unknown as z.ZodType<Health>;
const processHealth = shape<ProcessHealth>({
  at: z.number(),
  host: z.string(),
  role: z.string(),
  parts: z.record(z.string(), health),
  gpus: z.array(z.looseObject({ name: z.string() })) as unknown as z.ZodType<ProcessHealth['gpus']>,
});

const sample = shape<SystemSample>({
  at: z.number(),
  cpu: z.number(),
  memory: z.number(),
  gpu: loose({
    utilisation: z.number().optional(),
    memory: z.number().optional(),
    temperatureC: z.number().optional(),
    powerW: z.number().optional(),
  }).optional(),
});

const deadLetters = loose({
  count: z.number(),
  since: z.number(),
  letters: z.array(
    loose({
      partition: z.string(),
      offset: z.string(),
      element: z.string().optional(),
      reason: z.string(),
      at: z.number(),
    }),
  ),
});
const byTopic = z.record(z.string(), deadLetters);

/** Only the code that owns such a document can read it: the check here is only that it is an object. */
const saved = z.custom<object>((value) => typeof value === 'object' && value !== null);

/**
 * The documents that the program keeps between restarts. Each kind of document is for one fact, and has the schema that it is
 * checked with when it is read.
 */
export const STATE_KINDS = {
  /** Ids of anomalies and of platform events that were handled. */
  seen: at,
  incident,
  /** Messages on their way to a chat, ranked by when they are due. */
  outbox,
  /** When an incident is to be looked at by itself, ranked by that time; the id is the incident's. */
  timer: at,
  /** Mutes of templates and services, ranked by their end. */
  mute,
  /** Who did what, ranked by time. */
  audit,
  /** Which incident a thread of a platform is about. */
  thread: loose({ incidentId: z.string() }),
  /** The latest incident of a problem, by its key; also that of a service, and of an alert of another system. */
  problem: loose({ id: z.string(), occurrence: z.number() }),
  /** The incidents of the last minutes, in one document. */
  'recent-incidents': z.array(
    loose({
      id: z.string(),
      service: z.string(),
      first: z.number(),
      last: z.number(),
      touched: z.number(),
      caused: z.boolean(),
    }),
  ),
  /** What people said about alerts, ranked by time. */
  feedback,
  /** What people said about alerts of one family; used to decide which alerts are suppressed. */
  votes: z.array(vote),
  /** The incidents whose notes were shown for an incident, ranked by time; the id is the incident's. */
  advice: loose({ at: z.number(), from: z.array(z.string()) }),
  /** Channels that refuse messages, since when, and what happened to their messages. */
  'unreachable-channels': loose({
    places: z.record(z.string(), loose({ code: z.enum(ERROR_CODES), since: z.number(), moved: z.number() })),
    givenUp: z.number(),
  }),
  /** How many messages the dead-letter topics have, and which of them were reported to people. */
  'dead-letters': loose({
    read: z.record(z.string(), loose({ offset: z.string(), at: z.number() })),
    recent: byTopic,
    untold: byTopic,
    known: z.array(loose({ id: z.string(), at: z.number() })),
    notice: z.number(),
    planned: z.number().optional(),
    toldAt: z.number().optional(),
  }),
  /** Messages of the console's channel and threads, ranked by time. */
  message: loose({
    view: loose({
      id: z.string(),
      thread: z.string().optional(),
      replies: z.number().optional(),
      author: z.string(),
      fromBot: z.boolean(),
      at: z.number(),
      editedAt: z.number().optional(),
      message,
      charts: z.array(z.string()),
      onlyFor: z.string().optional(),
    }),
    nonce: z.string().optional(),
    live: z.boolean().optional(),
  }),
  /** What a person typed, so that a button can ask it again. */
  asked: loose({ typed: z.string() }),
  /** The person who waits for an answer that is being made. */
  asking: loose({ asker: z.string() }),
  /** Answers that somebody pressed stop for. */
  'stop-request': loose({}),
  /** Answers by what they depend on, and the drafts of the analyses of incidents. */
  answer,
  /** Reports of heavy analyses, by job. */
  analysis,
  /** Digests, by team and period. */
  digest,
  /** What models cost, a document a day. */
  spend,
  /** The trainings of one target, and the one in use. */
  tuning,
  /** When the training that is running began. */
  training: loose({ since: z.number() }),
  /** How far a followed file was read, by file and by path. */
  'file-position': loose({
    id: z.string(),
    dev: z.number(),
    ino: z.number(),
    print: loose({ length: z.number(), digest: z.string() }),
    offset: z.number(),
  }),
  /** How far an index of others is watched: its slots of time, how many documents each had, and ids of those taken. */
  'index-position': loose({
    from: z.number(),
    slots: z.array(z.tuple([z.number(), z.number(), z.array(z.string())])),
  }),
  /** When a schedule was last due. */
  schedule: at,
  /** How far a job got: JSON that the job itself reads. */
  checkpoint: loose({ saved: saved.optional() }),
  /** What the detectors learned of a partition: gzip of JSON, in base64. The detectors read it. */
  detector: loose({ format: z.number(), data: z.string() }),
  /** The templates all processes share. The miner reads them, and goes on without those it cannot read. */
  templates: saved,
  /** How many layers of a model fit on the GPU of a host. */
  'gpu-layers': loose({ step: z.number(), at: z.number(), futile: z.literal(true).optional() }),
  /** The last fault of a model. */
  'model-fault': loose({ fault: z.enum(MODEL_FAULTS), waitMs: z.number().optional() }),
  /** The health of the processes on this store, ranked by the time of the report. */
  process: processHealth,
  /** What a machine's workers measured in one hour of the day. */
  'machine-history': loose({ hour: z.number(), samples: z.array(sample) }),
  /** Machines that measured something. */
  machines: z.array(z.string()),
  /** The end time of the demonstration, and whether it is over. */
  demo: loose({ endsAt: z.number(), done: z.boolean() }),
} as const;

export type StateKind = keyof typeof STATE_KINDS;
/** Brings a document of an earlier version into today's form; one that has it already comes back as it is. */
export const UPGRADES: { [K in StateKind]?: (value: unknown) => unknown } = { incident: nestIncident };
/** The type of a kind's documents. */
export type StateKinds = { [K in StateKind]: z.infer<(typeof STATE_KINDS)[K]> };
