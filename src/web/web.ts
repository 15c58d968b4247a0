import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { Analyst } from '../analysis/analyst.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import type { SystemHealth } from '../domain/health.ts';
import type { ConsoleRoom } from '../domain/question/console-room.ts';
import { MINUTE } from '../domain/time/units.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { type AnalyzeDeps, addAnalyzeRoutes } from './analyze.ts';
import { addConsoleRoutes, type Completion } from './console.ts';
import { addGuard, type GuardedRoute, type Permit } from './guard.ts';
import { addHealthRoutes, type BackendsHealth, Sampler } from './health.ts';
import { addHookRoutes, type HookDeps, type Hooks } from './hooks/hooks.ts';
import { addIncidentRoutes, type IncidentDeps } from './incidents.ts';
import { addJobRoutes, type JobsDeps } from './jobs.ts';
import { openApi } from './openapi.ts';
import { addPageFiles } from './page-files.ts';
import { problem, problemOf, sendProblem } from './problem.ts';
import { addReplayRoute, type Replay } from './replay.ts';
import { addReportRoutes, type FindReport } from './reports.ts';
import { createEventStreams } from './sse.ts';

const SMALL_BODY = 64 * 1024;
const EVENT_STREAMS = 100;
const REQUEST_TIMEOUT_MS = MINUTE;
/** How long `stop` waits for answers that are still being sent. */
const DRAIN_MS = 3_000;

export interface WebDeps extends JobsDeps {
  config: Pick<Config, 'http' | 'hooks' | 'language' | 'timeZone'>;
  /** The console chat; absent in a process that runs no bot. */
  room?: ConsoleRoom;
  incidents?: IncidentDeps['incidents'];
  reading?: IncidentDeps['reading'];
  /** What a pasted text holds and what is wrong in it, in sentences. */
  readText?: AnalyzeDeps['readText'];
  /** The commands of the chat, for completion in the page. */
  commands: readonly Completion[];
  analyst: Analyst;
  logs: LogStore;
  /** Pasted text → records, for `POST /analyze`. */
  normalize: AnalyzeDeps['normalize'];
  systemHealth: () => Promise<SystemHealth>;
  /** Health by backend name; each has its own timeout of `HEALTH_TIMEOUT_MS`. */
  backendsHealth: () => Promise<BackendsHealth>;
  /** Reports of heavy analyses; absent where none are kept. */
  findReport?: FindReport;
  tuned?: AnalyzeDeps['tuned'];
  /** Absent in a process without a pipeline. */
  replay?: Replay;
  publishAnomalies: HookDeps['publishAnomalies'];
  permit: Permit;
  metrics: Metrics;
  log: Log;
  version: string;
}

export interface Web {
  /** Listens. Throws AppError `conflict` when the port is taken, `forbidden` when it may not be used, else `unavailable`. */
  start(): Promise<{ address: string }>;
  /** Ends event streams and running analyses, then closes. */
  stop(): Promise<void>;
  /** All routes, and who may use them. */
  readonly routes: readonly GuardedRoute[];
  /** Where alerts of other systems come in. */
  readonly hooks: Hooks;
}

/** The HTTP side: the public API, health and metrics, and the console page with what it calls. */
export function createWeb(deps: WebDeps): Web {
  const { config, log } = deps;
  const app = createServer(log);
  const stopping = new AbortController();
  const streams = createEventStreams(EVENT_STREAMS);
  const sampler = new Sampler(deps);
  const { language, timeZone } = config;
  const { token } = config.http;

  const { signedIn, routes } = addGuard(app, token, deps.permit);
  addHealthRoutes(app, { sampler, streams, signedIn, metrics: deps.metrics, version: deps.version });
  const analysesEnded = addAnalyzeRoutes(app, { ...deps, streams, language, stopping: stopping.signal });
  const hooks = addHookRoutes(app, deps);
  addJobRoutes(app, deps);
  addReplayRoute(app, { ...deps, streams, stopping: stopping.signal });
  const stopConsole = addConsoleRoutes(app, {
    ...deps,
    sampler,
    streams,
    language,
    timeZone,
    token: token !== undefined,
  });
  addIncidentRoutes(app, { ...deps, reading: deps.reading ?? (() => undefined), language });
  if (deps.findReport) addReportRoutes(app, { find: deps.findReport, language });
  const description = openApi(deps.version, token !== undefined);
  app.get('/openapi.json', { config: { access: 'viewer' } }, async () => description);
  addPageFiles(app);

  return {
    routes,
    hooks,
    async start() {
      const { host, port } = config.http;
      try {
        return { address: await app.listen({ host, port }) };
      } catch (cause) {
        throw listenError(cause, host, port);
      }
    },
    async stop() {
      stopping.abort(new AppError('stopped', 'the server is shutting down'));
      stopConsole();
      // Callers that wait for an analysis get the error that it was stopped. An analysis that does not react to its signal is cut
      // off.
      const forced = setTimeout(() => {
        streams.closeAll();
        app.server.closeAllConnections();
      }, DRAIN_MS);
      const closed = app.close();
      await Promise.race([analysesEnded(), closed]);
      streams.closeAll();
      await closed;
      await hooks.stop();
      clearTimeout(forced);
    },
  };
}

/** The server without routes: what it reads, and how failures are answered. */
function createServer(log: Log): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: SMALL_BODY,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    frameworkErrors: (_error, _request, reply) => {
      sendProblem(reply as unknown as FastifyReply, problem(400, 'usage', 'The address cannot be read.'));
    },
  });
  // Only JSON is read: a form on another site can send text/plain without a preflight request.
  app.removeContentTypeParser('text/plain');

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    // Messages of Fastify's own errors (body too large, not JSON, wrong media type) hold nothing secret.
    const status = error.statusCode ?? 500;
    if (error.code?.startsWith('FST_') && status >= 400 && status < 500)
      return sendProblem(reply, problem(status, status === 413 ? 'too_large' : 'usage', error.message));
    const value = problemOf(error);
    if (value.status >= 500) log.error({ err: error }, 'request failed');
    return sendProblem(reply, value);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problem(404, 'not_found', `There is no ${request.method} ${request.url.split('?')[0]!.slice(0, 200)}.`),
    ),
  );
  return app;
}

function listenError(cause: unknown, host: string, port: number): AppError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return new AppError(
      'conflict',
      `Port ${port} on ${host} is used by another program. Stop that program, or choose another port (--port, or http.port in config.json).`,
      { cause, retryable: false },
    );
  if (code === 'EACCES')
    return new AppError(
      'forbidden',
      `Port ${port} on ${host} may not be used by this user. Set http.port in config.json to 1024 or more.`,
      { cause },
    );
  return new AppError('unavailable', `Cannot listen on ${host}, port ${port} (${code ?? 'unknown error'}).`, {
    cause,
  });
}
