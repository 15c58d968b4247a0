import type { FastifyInstance } from 'fastify';
import { AppError } from '../domain/errors.ts';
import type { Log } from '../log.ts';
import { problem, problemOf, sendProblem } from './problem.ts';
import type { EventStreams } from './sse.ts';

/** Sends the recorded incident through this process's pipeline. Throws AppError `stopped` when `signal` aborts. */
export type Replay = (
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
) => Promise<{ lines: number }>;

/** `POST /replay`: server-sent events `progress`, then `end` or `problem`. It stops when the caller hangs up. One at a time. */
export function addReplayRoute(
  app: FastifyInstance,
  deps: { replay?: Replay; streams: EventStreams; stopping: AbortSignal; log: Log },
): void {
  let running = false;
  // For admins, because it opens incidents and posts alerts in every chat.
  app.post('/replay', { config: { access: 'admin' } }, async (_request, reply) => {
    if (!deps.replay)
      return sendProblem(
        reply,
        problem(501, 'not_found', 'This process has no pipeline; ask one that does.'),
      );
    if (running) return sendProblem(reply, problem(409, 'conflict', 'A replay is running already.'));
    const stream = deps.streams.open(reply);
    if (!stream) return reply;
    running = true;
    const gone = new AbortController();
    stream.onClose(() => gone.abort(new AppError('stopped', 'the caller hung up')));
    try {
      const signal = AbortSignal.any([gone.signal, deps.stopping]);
      const { lines } = await deps.replay(
        (done, total) => stream.send({ event: 'progress', data: { done, total } }),
        signal,
      );
      stream.send({ event: 'end', data: { lines } });
    } catch (error) {
      const told = problemOf(error);
      if (told.status >= 500 && told.code !== 'stopped') deps.log.warn({ err: error }, 'replay failed');
      stream.send({ event: 'problem', data: told });
    } finally {
      running = false;
      stream.close();
    }
    return reply;
  });
}
