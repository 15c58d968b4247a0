import { z } from 'zod';
import { ANOMALY_STATUSES } from '../domain/alert/anomaly.ts';
import { PLATFORMS } from '../domain/alert/route.ts';
import { WEEKDAYS } from '../domain/time/weekly-hours.ts';

const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 09:00');

const zone = z
  .string()
  .refine((name) => Intl.supportedValuesOf('timeZone').includes(name) || name === 'UTC', {
    message: 'not an IANA time zone such as Asia/Seoul',
  });

const hours = z.strictObject({
  timeZone: zone.default('UTC'),
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .default([...WEEKDAYS]),
  from: clock.default('00:00'),
  to: clock.default('24:00'),
});

const mentions = z
  .array(
    z
      .string()
      .regex(/^(?:here|(?:user|group):[A-Za-z0-9]{1,40})$/, 'must be "here", "user:ID" or "group:ID"'),
  )
  .max(10)
  .default([]);

/** One or several of them. */
const some = <T extends z.ZodType>(one: T) =>
  z
    .union([one, z.array(one).min(1)])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.infer<T>[]);

const place = {
  platform: z.enum(PLATFORMS).optional(),
  /** A channel id of that platform; its alert channel when absent. */
  channel: z.string().min(1).max(100).optional(),
  /** Who is called: `here`, `user:ID`, `group:ID` (a Slack user group, a Discord role). */
  mention: mentions,
};
const placed = (value: { platform?: string; channel?: string; mention: string[] }): boolean =>
  value.platform !== undefined || (value.channel === undefined && value.mention.length === 0);
const unplaced = { message: 'channel and mention need a platform', path: ['platform'] };

/** Which incidents go where, in order. Where no rule matches, every chat's alert channel gets it. */
export const routesSchema = z
  .array(
    z
      .strictObject({
        name: z.string().min(1).max(80).optional(),
        match: z
          .strictObject({
            service: some(z.string().min(1).max(200)).optional(),
            severity: z.int().min(1).max(5).optional(),
            status: some(z.enum(ANOMALY_STATUSES)).optional(),
            text: some(z.string().min(1).max(500)).optional(),
            hours: hours.optional(),
          })
          .prefault({}),
        ...place,
        shadow: z.boolean().default(false),
        /** Later rules are not looked at after this one matched; `false` goes on. */
        stop: z.boolean().default(true),
      })
      .refine(placed, unplaced),
  )
  .max(200)
  .default([]);

/** Whom to call when nobody acknowledges an incident. */
export const escalationSchema = z
  .strictObject({
    /** From this severity. */
    severity: z.int().min(1).max(5).default(4),
    /** Steps are taken within these hours only; what falls due outside waits for their beginning. */
    hours: hours.optional(),
    /** Minutes since the incident opened, in rising order. */
    steps: z
      .array(
        z
          .strictObject({ afterMinutes: z.number().positive().max(10_080), ...place })
          .refine(placed, unplaced),
      )
      .max(20)
      .refine(
        (steps) => steps.every((step, at) => at === 0 || step.afterMinutes > steps[at - 1]!.afterMinutes),
        {
          message: 'afterMinutes must rise from step to step',
        },
      )
      .default([]),
  })
  .prefault({});
