import { z } from 'zod';
import { MINUTE } from '../domain/time/units.ts';

const milliseconds = z.int().positive();
const minutes = z.number().min(0).max(10_080);

/** Minutes of quiet after which an incident of a severity resolves by itself; 0: never. */
const resolveAfterMinutes = z
  .strictObject({
    '1': minutes.default(15),
    '2': minutes.default(15),
    '3': minutes.default(30),
    '4': minutes.default(30),
    '5': minutes.default(60),
  })
  .prefault({});

export const incidentsSchema = z
  .strictObject({
    /** A later anomaly of the same key joins within this time of the last one. */
    windowMs: milliseconds.default(30 * MINUTE),
    /** Another service's anomaly joins its cause within this time. */
    inhibitMs: milliseconds.default(5 * MINUTE),
    /** Edits of one parent message are at least this far apart. */
    debounceMs: z.int().min(0).default(1_000),
    /** What comes back within this time of its resolution goes on in its thread ("flapping"); 0: never. */
    flapMinutes: minutes.default(10),
    resolveAfterMinutes,
    /** How long the audit log and resolved incidents are kept. */
    keepDays: z.int().min(1).max(3_650).default(90),
  })
  .prefault({});

/** What a person may do: look and ask; act on incidents; mute whole services, train and read the audit log. */
export const ROLE_NAMES = ['viewer', 'responder', 'admin'] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

const people = z.array(z.string().min(1).max(100)).default([]);

/**
 * Ids of people as the platform has them (`U0123ABCD`, a Discord user id), or `slack`, `discord`, `console` for
 * everyone there; `http` is whoever calls the HTTP interface without a session of the page. Where neither responders nor admins are named, everybody may do everything; otherwise who is named
 * nowhere only looks.
 */
export const rolesSchema = z.strictObject({ admin: people, responder: people, viewer: people }).prefault({});

export const botSchema = z
  .strictObject({
    /** Nothing is posted to Slack and Discord; the console and `/logs shadow` show what would have been. */
    shadow: z.boolean().default(false),
  })
  .prefault({});
