import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AppError, ERROR_CODES } from '../domain/errors.ts';
import { type FineTuneTask, JOB_NAMES, JOB_STATES, type JobStatus } from '../domain/job/job.ts';
import type { Caller } from '../domain/question/console-room.ts';
import { fineTuneBody } from './contract.ts';
import { sessionOf } from './guard.ts';
import { invalid, problem, problemOf, problemWire, sendProblem } from './problem.ts';

export interface JobsDeps {
  /** Queues a fine-tune of one task, or of all. */
  fineTune?: (request: { task?: FineTuneTask; by: Caller }) => Promise<{ id: string }>;
  /** A job by its id; undefined when it does not exist or is not kept any more. */
  findJob?: (id: string) => Promise<JobStatus | undefined>;
}

const params = z.object({ id: z.string().regex(/^[\p{L}\p{N}_-]{1,200}$/u) });

/** A job as callers see it: without who asked for it and what they asked. */
export const jobWire = z.object({
  id: z.string(),
  name: z.enum(JOB_NAMES),
  state: z.enum(JOB_STATES),
  progress: z.object({ fraction: z.number().describe('0 to 1'), step: z.string() }).optional(),
  position: z.int().optional().describe('jobs ahead of it, while it waits'),
  result: z.unknown().optional().describe('what came of it, once it is done; its form is of the kind of job'),
  error: problemWire.optional().describe('why it failed'),
  created_at: z.iso.datetime(),
  started_at: z.iso.datetime().optional(),
});

function wireOf(job: JobStatus): z.infer<typeof jobWire> {
  const { id, name, state, progress, position, result, error, createdAt, startedAt } = job;
  const code = ERROR_CODES.find((known) => known === error?.code) ?? 'internal';
  return {
    id,
    name,
    state,
    ...(progress ? { progress: { fraction: progress.fraction, step: progress.step } } : {}),
    ...(position === undefined ? {} : { position }),
    ...(result === undefined ? {} : { result }),
    ...(error ? { error: problemOf(new AppError(code, 'The job failed.')) } : {}),
    created_at: new Date(createdAt).toISOString(),
    ...(startedAt === undefined ? {} : { started_at: new Date(startedAt).toISOString() }),
  };
}

/** `POST /fine-tune` queues a job; `GET /jobs/<id>` gives the state of one. */
export function addJobRoutes(app: FastifyInstance, { fineTune, findJob }: JobsDeps): void {
  // Does the same as `/logs tune now` in chat.
  app.post('/fine-tune', { config: { access: 'admin' } }, async (request, reply) => {
    const parsed = fineTuneBody.safeParse(request.body ?? {});
    if (!parsed.success) return sendProblem(reply, invalid(parsed.error));
    if (!fineTune)
      return sendProblem(
        reply,
        problem(
          501,
          'not_found',
          'This process has no queue for a fine-tune; ask one that runs the bot or a worker.',
        ),
      );
    const { id } = await fineTune({
      ...(parsed.data.task ? { task: parsed.data.task } : {}),
      by: { session: sessionOf(request) },
    });
    return reply
      .code(202)
      .header('location', `/jobs/${encodeURIComponent(id)}`)
      .send({ id });
  });

  app.get('/jobs/:id', { config: { access: 'viewer' } }, async (request, reply) => {
    const named = params.safeParse(request.params);
    const job = named.success ? await findJob?.(named.data.id) : undefined;
    if (!job)
      throw new AppError('not_found', 'There is no such job; jobs are kept for a week after their end.');
    reply.header('cache-control', 'private, no-store');
    return wireOf(job);
  });
}
