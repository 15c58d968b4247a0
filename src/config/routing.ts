import { z } from 'zod';
import { ANOMALY_STATUSES } from '../domain/alert/anomaly.ts';
import { PLATFORMS } from '../domain/alert/route.ts';
import { WEEKDAYS } from '../domain/time/weekly-hours.ts';

const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 09:00');

/** Stricter than `timeZone` in fields.ts: only names that the system lists. */
const zone = z
  .string()
  .refine((name) => Intl.supportedValuesOf('timeZone').includes(name) || name === 'UTC', {
    message: 'not an IANA time zone such as Asia/Seoul',
  });

const hours = z
  .strictObject({
    timeZone: zone.default('UTC').describe('IANA time zone of the hours.'),
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .default([...WEEKDAYS])
      .describe('Days of the week they begin on.'),
    from: clock.default('00:00').describe('Begin, such as `09:00`.'),
    to: clock
      .default('24:00')
      .describe('End; before `from`: on the next day, which still belongs to the day the hours began on.'),
  })
  .optional();

const mentions = z
  .array(
    z
      .string()
      .regex(/^(?:here|(?:user|group):[A-Za-z0-9]{1,40})$/, 'must be "here", "user:ID" or "group:ID"'),
  )
  .max(10)
  .default([]);

/** A single value or a list; always read as a list. */
const oneOrMore = <T extends z.ZodType>(one: T) =>
  z
    .union([one, z.array(one).min(1)])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.infer<T>[]);

const place = {
  platform: z.enum(PLATFORMS).optional().describe('The chat; every chat when absent.'),
  channel: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("A channel id of that platform; the platform's alert channel when absent."),
  mention: mentions.describe(
    'Who is called: `here`, `user:ID`, `group:ID` (a Slack user group, a Discord role).',
  ),
};
const placed = (value: { platform?: string; channel?: string; mention: string[] }): boolean =>
  value.platform !== undefined || (value.channel === undefined && value.mention.length === 0);
const unplaced = { message: 'channel and mention need a platform', path: ['platform'] };

const severity = z.int().min(1).max(5);

const match = z
  .strictObject({
    service: oneOrMore(z.string().min(1).max(200))
      .optional()
      .describe('Names of services; `*` stands for any text, `?` for one character, case does not matter.'),
    severity: severity.optional().describe('At least this severity.'),
    status: oneOrMore(z.enum(ANOMALY_STATUSES)).optional().describe('The status of the anomaly.'),
    text: oneOrMore(z.string().min(1).max(500))
      .optional()
      .describe(
        'One of these occurs in the title, the issues, the explanation, the template or a sample line.',
      ),
    hours: hours.describe('Only within these hours.'),
  })
  .prefault({})
  .describe('What an incident has to be for the rule to match; all that is given must hold.');

export const routesSchema = z
  .array(
    z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(80)
          .optional()
          .describe('Its name in explanations; `rule N` when absent.'),
        match,
        ...place,
        shadow: z
          .boolean()
          .default(false)
          .describe('Nothing is posted; the console page and `/logs shadow` show what would have been.'),
        stop: z.boolean().default(true).describe('Later rules are not looked at after this one matched.'),
      })
      .refine(placed, unplaced),
  )
  .max(200)
  .default([])
  .describe(
    "Rules in order: which incidents go where. Where no rule matches, every chat's alert channel gets the critical ones.",
  );

const steps = z
  .array(
    z
      .strictObject({
        afterMinutes: z.number().positive().max(10_080).describe('Minutes since the incident opened.'),
        ...place,
      })
      .refine(placed, unplaced),
  )
  .max(20)
  .refine((all) => all.every((step, at) => at === 0 || step.afterMinutes > all[at - 1]!.afterMinutes), {
    message: 'afterMinutes must rise from step to step',
  })
  .default([])
  .describe('Steps in the order of their time; each is taken once.');

export const escalationSchema = z
  .strictObject({
    severity: severity.default(4).describe('From this severity on.'),
    hours: hours.describe(
      'Only within these hours; a step that falls due outside waits for their beginning.',
    ),
    steps,
  })
  .prefault({})
  .describe('Whom to call when nobody acknowledges an incident.');
