import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { type AppError, type ErrorCode, toAppError } from '../domain/errors.ts';

/** RFC 9457 `application/problem+json`. `code` is an extension member: a code of the error catalogue. */
export const problemWire = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  /** Which parts of the input are wrong. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemWire>;

/** HTTP status and the sentence that callers see. The message of an error is for our log, not for callers. */
const BY_CODE: Record<ErrorCode, [status: number, detail: string]> = {
  config_invalid: [500, 'The configuration of the server is wrong. Its log says where.'],
  usage: [400, 'The request has the wrong form.'],
  not_found: [404, 'There is nothing here.'],
  forbidden: [403, 'This is not allowed.'],
  unauthorized: [502, 'A service behind this server refused its credentials.'],
  rate_limited: [503, 'A service behind this server asked to slow down. Try again later.'],
  unavailable: [503, 'A service behind this server cannot be reached. GET /health says which.'],
  timeout: [504, 'A service behind this server did not answer in time.'],
  too_large: [413, 'The input is too large.'],
  malformed: [422, 'The data cannot be read.'],
  undecodable: [422, 'The data cannot be unpacked or decoded.'],
  budget_spent: [429, "The day's budget for models is used up."],
  stopped: [503, 'The work was stopped before it was done.'],
  storage_full: [507, 'The disk of the server is full.'],
  conflict: [409, 'Someone else changed the same thing. Try again.'],
  internal: [500, 'Something went wrong inside the server. Its log has the details.'],
};
/** Codes whose message is written for the person who asked. */
const SHOWN: ReadonlySet<ErrorCode> = new Set(['usage', 'not_found', 'too_large']);

export function problem(status: number, code: string, detail: string, errors?: Problem['errors']): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:bongsu:error:${code}`, title, status, detail, code, ...(errors ? { errors } : {}) };
}

/** What a caller sees of a failure. Stack, cause and vendors' messages are not in it. */
export function problemOf(error: unknown): Problem {
  const known: AppError = toAppError(error);
  const [status, detail] = BY_CODE[known.code];
  return problem(status, known.code, SHOWN.has(known.code) ? known.message : detail);
}

/** The problem for input that does not match a schema: which field and why. The values are not repeated. */
export const invalid = (error: z.ZodError): Problem =>
  problem(
    400,
    'usage',
    'The request has the wrong form.',
    error.issues.slice(0, 20).map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  );

// A buffer, because Fastify adds a charset to text, and this media type has none.
export const sendProblem = (reply: FastifyReply, value: Problem): FastifyReply =>
  reply
    .code(value.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(value)));
