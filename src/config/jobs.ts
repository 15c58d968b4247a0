import { z } from 'zod';
import { GATE_LIMITS, KEEP_DAYS } from '../domain/job/job.ts';
import { LANGUAGES } from '../domain/question/question.ts';
import { parseCron } from '../domain/time/cron.ts';

const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'not an IANA time zone such as Asia/Seoul');

/** Five crontab fields, or `off`. */
const cron = z
  .string()
  .refine(
    (text) => text === 'off' || parseCron(text) !== undefined,
    'neither "off" nor five crontab fields (minute hour day-of-month month day-of-week) such as "0 9 * * mon-fri"',
  );

/** Who reads a digest. Where nothing is said: everything, in every chat's alert channel, in the language and zone of the file. */
const team = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}_-]{1,40}$/u, 'must be 1 to 40 letters, digits, "-" or "_"')
    .default('all'),
  /** Only what is about these services; all of them when absent. */
  services: z.array(z.string().min(1)).min(1).optional(),
  chat: z.enum(['slack', 'discord', 'console']).optional(),
  /** Channel id; the chat's alert channel when absent. */
  channel: z.string().min(1).optional(),
  language: z.enum(LANGUAGES).optional(),
  timeZone: timeZone.optional(),
});

const count = (least: number): z.ZodInt => z.int().min(least).max(10_000);
const days = z.int().min(1).max(3_650);

/** Work in the background: when it runs, for whom, and how far it may go. Times are of `timeZone` unless one is said. */
export const jobsSchema = z
  .strictObject({
    /** Sends the day before, out of the log store, to a topic. Runs by itself only where the bus is Kafka. */
    collect: z
      .strictObject({
        schedule: cron.default('0 1 * * *'),
        timeZone: timeZone.optional(),
        topic: z.string().min(1).default('log-daily'),
      })
      .prefault({}),
    /** The alerts' own model is always trained; variants of language models where they are asked for. */
    fineTune: z
      .strictObject({
        schedule: cron.default('0 2 * * *'),
        timeZone: timeZone.optional(),
        /** An instruction and chosen examples built into a variant of each Ollama model. */
        ollama: z.boolean().default(true),
        /** By the vendor's fine-tuning API, which costs money. */
        openai: z.boolean().default(false),
        /** An adapter trained on this machine (LoRA) for the first Ollama model. */
        lora: z
          .strictObject({
            /** A Python with torch, transformers and peft. */
            python: z.string().min(1).default('python3'),
            /** The folder with the weights that the Ollama model was made of, as Hugging Face keeps them. */
            weights: z.string().min(1),
          })
          .optional(),
        /** What a training needs, and what a candidate has to pass to serve. */
        gate: z
          .strictObject({
            /** Examples to learn from, and unseen ones to test on, below which nothing is trained. */
            trainAtLeast: count(1).default(GATE_LIMITS.trainAtLeast),
            testAtLeast: count(2).default(GATE_LIMITS.testAtLeast),
            /** Unseen examples a language model is tested on at most; each is asked twice. */
            testAtMost: count(2).default(GATE_LIMITS.testAtMost),
            /** How far the mean score on the fixed set may fall, of 1. */
            tolerance: z.number().min(0).max(1).default(GATE_LIMITS.tolerance),
          })
          .refine(({ testAtLeast, testAtMost }) => testAtMost >= testAtLeast, {
            path: ['testAtMost'],
            error: 'must not be below testAtLeast',
          })
          .prefault({}),
      })
      .prefault({}),
    digest: z
      .strictObject({
        /** Of the day before, and of the week before (Monday to Sunday), in each team's own zone. */
        day: cron.default('0 9 * * *'),
        week: cron.default('0 9 * * mon'),
        /** How long a digest that was made can be read again. */
        keepDays: days.default(KEEP_DAYS.digest),
        teams: z
          .array(team)
          .min(1)
          .prefault([{}])
          .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two teams of one name'),
      })
      .prefault({}),
    analyze: z
      .strictObject({
        /** An analysis that may cost more (US dollars) is begun only after the asker said yes. */
        askAboveUsd: z.number().min(0).default(0.5),
        /** How many a worker runs at the same time. */
        atOnce: z.int().min(1).max(32).default(2),
        /** How long its report can be downloaded. */
        keepDays: days.default(KEEP_DAYS.report),
      })
      .prefault({}),
    /** Work on this machine's GPU waits while it is hotter, and goes on below the second figure. */
    gpu: z
      .strictObject({
        pauseAboveC: z.number().positive().default(85),
        resumeBelowC: z.number().positive().default(75),
        /** Free GPU memory a fine-tune beside a model on this machine needs before it begins, in MB. */
        jobMemoryMb: z.int().min(0).default(2_048),
        /** How often the machine is measured, for the history and Prometheus. */
        sampleSeconds: z.int().min(15).max(3_600).default(30),
      })
      .refine(({ pauseAboveC, resumeBelowC }) => resumeBelowC <= pauseAboveC, {
        path: ['resumeBelowC'],
        error: 'must not be above pauseAboveC',
      })
      .prefault({}),
  })
  .prefault({});

/** What is collected must not come back as new lines. */
export function checkJobs(
  config: { jobs: z.infer<typeof jobsSchema>; topics: { logs: string; anomalies: string } },
  context: z.RefinementCtx,
): void {
  const { topic } = config.jobs.collect;
  if (topic === config.topics.logs || topic === config.topics.anomalies)
    context.addIssue({
      code: 'custom',
      path: ['jobs', 'collect', 'topic'],
      message: `"${topic}" is read by Bongsu itself, so every line would come back into the store; name another topic`,
    });
}
