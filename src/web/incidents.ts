import type { FastifyInstance } from 'fastify';
import type { ConsoleIncidents, ReadingNow } from '../domain/question/console-room.ts';
import type { Language } from '../domain/question/question.ts';
import type { Log } from '../log.ts';
import { incidentsQuery, openIncidentBody } from './contract.ts';
import { invalid, problem, problemOf, sendProblem } from './problem.ts';

export interface IncidentDeps {
  /** Absent in a process without a bot. */
  incidents?: ConsoleIncidents;
  /** Files that this process reads or has read; undefined where none were given. */
  reading: () => ReadingNow | undefined;
  language: Language;
  log: Log;
}

/**
 * The page's list of incidents: `GET /api/incidents` and `POST /api/incidents/thread`, which opens the thread of one that has none.
 * Both only look: what people do with an incident is a button of its card.
 */
export function addIncidentRoutes(app: FastifyInstance, deps: IncidentDeps): void {
  const { incidents, reading, language, log } = deps;
  const noChat = problem(404, 'not_found', 'This process runs no chat (its role has no bot).');

  app.get('/api/incidents', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!incidents) return sendProblem(reply, noChat);
    const query = incidentsQuery.safeParse(request.query);
    if (!query.success) return sendProblem(reply, invalid(query.error));
    const spoken = query.data.language ?? language;
    const now = reading();
    try {
      return await reply.header('cache-control', 'no-store').send({
        incidents: await incidents.list(query.data.all === '1', spoken),
        ...(now
          ? {
              reading: {
                done: now.done,
                total: now.total,
                ...(now.report ? { report: now.report(spoken) } : {}),
              },
            }
          : {}),
      });
    } catch (error) {
      log.warn({ err: error }, 'the incidents could not be listed');
      return sendProblem(reply, problemOf(error));
    }
  });

  app.post('/api/incidents/thread', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!incidents) return sendProblem(reply, noChat);
    const body = openIncidentBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, invalid(body.error));
    try {
      await incidents.openThread(body.data.id);
      return await reply.code(202).send({ accepted: true });
    } catch (error) {
      return sendProblem(reply, problemOf(error));
    }
  });
}
