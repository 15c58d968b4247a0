import { z } from 'zod';
import { GATE_LIMITS, KEEP_DAYS } from '../domain/job/job.ts';
import { LANGUAGES } from '../domain/question/question.ts';
import { parseCron } from '../domain/time/cron.ts';
import { timeZone } from './fields.ts';

const cron = z
  .string()
  .refine(
    (text) => text === 'off' || parseCron(text) !== undefined,
    'neither "off" nor five crontab fields (minute hour day-of-month month day-of-week) such as "0 9 * * mon-fri"',
  );
const ownTimeZone = timeZone
  .optional()
  .describe('IANA time zone of the schedule; `timeZone` of the file when absent.');

const count = (least: number): z.ZodInt => z.int().min(least).max(10_000);
const days = z.int().min(1).max(3_650);

const collect = z
  .strictObject({
    schedule: cron.default('0 1 * * *').describe('When it runs: five crontab fields, or `off`.'),
    timeZone: ownTimeZone,
    topic: z.string().min(1).default('log-daily').describe('Topic it sends to.'),
  })
  .prefault({})
  .describe(
    'Sends the log records of the day before to a topic. It runs by its schedule only where the bus is Kafka.',
  );

const lora = z
  .strictObject({
    python: z.string().min(1).default('python3').describe('A Python with torch, transformers and peft.'),
    weights: z
      .string()
      .min(1)
      .describe('Folder with the weights the Ollama model was made from, in the form of Hugging Face.'),
  })
  .optional()
  .describe('Trains an adapter (LoRA) on this machine for the first Ollama model.');

const gate = z
  .strictObject({
    trainAtLeast: count(1)
      .default(GATE_LIMITS.trainAtLeast)
      .describe('Examples to learn from, below which nothing is trained.'),
    testAtLeast: count(2)
      .default(GATE_LIMITS.testAtLeast)
      .describe('Unseen examples to test on, below which nothing is trained.'),
    testAtMost: count(2)
      .default(GATE_LIMITS.testAtMost)
      .describe('Most unseen examples a language model is tested on; each is asked twice.'),
    tolerance: z
      .number()
      .min(0)
      .max(1)
      .default(GATE_LIMITS.tolerance)
      .describe('How far the mean score on the fixed set may fall; scores go from 0 to 1.'),
  })
  .refine(({ testAtLeast, testAtMost }) => testAtMost >= testAtLeast, {
    path: ['testAtMost'],
    error: 'must not be below testAtLeast',
  })
  .prefault({})
  .describe('What a training needs, and what a candidate has to pass before it serves.');

const fineTune = z
  .strictObject({
    schedule: cron.default('0 2 * * *').describe('When it runs: five crontab fields, or `off`.'),
    timeZone: ownTimeZone,
    ollama: z
      .boolean()
      .default(true)
      .describe('Builds an instruction and chosen examples into a variant of each Ollama model.'),
    openai: z.boolean().default(false).describe("Uses the vendor's fine-tuning API, which costs money."),
    lora,
    gate,
  })
  .prefault({})
  .describe(
    'Learns from what people said. The model of alerts is always trained, language models where it is said.',
  );

const team = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}_-]{1,40}$/u, 'must be 1 to 40 letters, digits, "-" or "_"')
    .default('all')
    .describe('Name of the team: 1 to 40 letters, digits, `-` or `_`.'),
  services: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only what is about these services; all services when absent.'),
  chat: z
    .enum(['slack', 'discord', 'console'])
    .optional()
    .describe('Only this chat; every chat when absent.'),
  channel: z.string().min(1).optional().describe("Channel id; the chat's alert channel when absent."),
  language: z
    .enum(LANGUAGES)
    .optional()
    .describe('Language of the digest; `language` of the file when absent.'),
  timeZone: timeZone.optional().describe('IANA time zone of its days; `timeZone` of the file when absent.'),
});

const digest = z
  .strictObject({
    day: cron
      .default('0 9 * * *')
      .describe(
        "When the digest of the day before is made, in each team's own zone: five crontab fields, or `off`.",
      ),
    week: cron
      .default('0 9 * * mon')
      .describe('When the digest of the week before (Monday to Sunday) is made, in the same form.'),
    keepDays: days.default(KEEP_DAYS.digest).describe('Days a digest can be read again.'),
    teams: z
      .array(team)
      .min(1)
      .prefault([{}])
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two teams of one name')
      .describe('Who reads a digest.'),
  })
  .prefault({})
  .describe('Reports of a day and of a week.');

const analyze = z
  .strictObject({
    askAboveUsd: z
      .number()
      .min(0)
      .default(0.5)
      .describe('An analysis that may cost more US dollars begins only after the person who asked agreed.'),
    atOnce: z.int().min(1).max(32).default(2).describe('Analyses a worker runs at the same time.'),
    keepDays: days.default(KEEP_DAYS.report).describe('Days its report can be downloaded.'),
  })
  .prefault({})
  .describe('Analyses of long windows, `/logs analyze`.');

const gpu = z
  .strictObject({
    pauseAboveC: z
      .number()
      .positive()
      .default(85)
      .describe('Work on the GPU waits while it is hotter, in °C.'),
    resumeBelowC: z.number().positive().default(75).describe('Work goes on below this temperature, in °C.'),
    jobMemoryMb: z
      .int()
      .min(0)
      .default(2_048)
      .describe('Free GPU memory a fine-tune beside a model on this machine needs before it begins, in MB.'),
    sampleSeconds: z
      .int()
      .min(15)
      .max(3_600)
      .default(30)
      .describe('Seconds between two measurements of the machine, for its history and for Prometheus.'),
  })
  .refine(({ pauseAboveC, resumeBelowC }) => resumeBelowC <= pauseAboveC, {
    path: ['resumeBelowC'],
    error: 'must not be above pauseAboveC',
  })
  .prefault({})
  .describe("When work on this machine's GPU waits.");

export const jobsSchema = z
  .strictObject({ collect, fineTune, digest, analyze, gpu })
  .prefault({})
  .describe('Work in the background: when it runs, for whom, and how far it may go.');

/** Records must not be sent to a topic that is read: they would come back as new lines. */
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
