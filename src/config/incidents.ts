import { z } from 'zod';
import { MINUTE } from '../domain/time/units.ts';
import { milliseconds } from './fields.ts';

const minutes = z.number().min(0).max(10_080);
const quiet = (severity: number, standard: number) =>
  minutes.default(standard).describe(`Minutes for severity ${severity}.`);

export const incidentsSchema = z
  .strictObject({
    windowMs: milliseconds
      .default(30 * MINUTE)
      .describe(
        'An anomaly joins the incident of its key within this time of the last one, in milliseconds.',
      ),
    inhibitMs: milliseconds
      .default(5 * MINUTE)
      .describe(
        'An anomaly of another service joins the incident that caused it within this time, in milliseconds.',
      ),
    debounceMs: z
      .int()
      .min(0)
      .default(1_000)
      .describe('Least time between two edits of one parent message, in milliseconds.'),
    flapMinutes: minutes
      .default(10)
      .describe(
        'An incident that comes back within this time of its resolution is flapping and goes on in its thread; 0: never.',
      ),
    resolveAfterMinutes: z
      .strictObject({
        '1': quiet(1, 15),
        '2': quiet(2, 15),
        '3': quiet(3, 30),
        '4': quiet(4, 30),
        '5': quiet(5, 60),
      })
      .prefault({})
      .describe('Minutes of quiet after which an incident resolves by itself, by its severity; 0: never.'),
    keepDays: z
      .int()
      .min(1)
      .max(3_650)
      .default(90)
      .describe('Days the audit log and resolved incidents are kept.'),
  })
  .prefault({})
  .describe('How anomalies become incidents, and when these are over.');

/** What a person may do: look and ask; act on incidents; mute whole services, train and read the audit log. */
export const ROLE_NAMES = ['viewer', 'responder', 'admin'] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

const people = z.array(z.string().min(1).max(100)).default([]);

export const rolesSchema = z
  .strictObject({
    admin: people.describe('May also mute whole services, train, roll back and read the audit log.'),
    responder: people.describe('May also act on incidents.'),
    viewer: people.describe('May look and ask.'),
  })
  .prefault({})
  .describe(
    'Who may do what. An entry is the id of a person on the platform (`U0123ABCD`, a Discord user id), or `slack`, `discord`, ' +
      '`console` for everyone there; `http` is who calls the HTTP API without a session of the console page. While neither ' +
      'responders nor admins are named, everybody may do everything; otherwise who is named nowhere may only look and ask.',
  );

export const botSchema = z
  .strictObject({
    shadow: z
      .boolean()
      .default(false)
      .describe(
        'Nothing is posted to Slack and Discord; the console page and `/logs shadow` show what would have been.',
      ),
  })
  .prefault({})
  .describe('All of the bot.');
