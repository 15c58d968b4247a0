import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingMessage } from '../../backends/bus/bus.ts';
import type { Config } from '../../config/config.ts';
import { hookVariable, KNOWN_HOOKS } from '../../config/environment.ts';
import { type HookForm, isHookForm } from '../../config/hooks.ts';
import type { AnomalyWire } from '../../domain/alert/anomaly.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { withTimeout } from '../../domain/retry.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { type Problem, problem, sendProblem } from '../problem.ts';
import { anomalyOf, type HookSource } from './anomaly-of.ts';
import type { HookAlert, HookRead, HookReader } from './hook-alert.ts';
import { HookCounts } from './hook-counts.ts';
import { Mappings } from './mappings.ts';
import { isProven, mayProve } from './proof.ts';
import { readAlertmanager } from './senders/alertmanager.ts';
import { readCloudEvents } from './senders/cloudevents.ts';
import { readOpsgenie } from './senders/opsgenie.ts';
import { readPagerDuty } from './senders/pagerduty.ts';
import { readSentry } from './senders/sentry.ts';

const BODY_LIMIT = 4 * 1024 * 1024;
/** Alerts of one request. */
const MOST_ALERTS = 5_000;
/** Requests that wait for the bus at the same time; more are told to come again. */
const MOST_WAITING = 64;
/** Senders wait about ten seconds for an answer. */
const PUBLISH_MS = 8_000;
const RETRY_AFTER_S = 10;
/** What is wrong with elements of a payload: so many are named. */
const NAMED = 20;

const READERS: Record<HookForm, HookReader> = {
  alertmanager: readAlertmanager,
  grafana: readAlertmanager,
  pagerduty: readPagerDuty,
  sentry: readSentry,
  opsgenie: readOpsgenie,
  cloudevents: readCloudEvents,
};
/** How senders are called by the people who use them. */
const TITLES: Record<HookForm, string> = {
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
  pagerduty: 'PagerDuty',
  sentry: 'Sentry',
  opsgenie: 'Opsgenie',
  cloudevents: 'CloudEvents',
};

export interface HookDeps {
  config: Pick<Config, 'hooks' | 'http'>;
  /** Publishes anomalies; resolves once they are safe, so that the sender need not send them again. */
  publishAnomalies: (messages: (OutgoingMessage & { id: string })[]) => Promise<void>;
  metrics: Metrics;
  log: Log;
}

/** Where alerts of other systems come in. */
export interface Hooks {
  /** What each hook took and refused; hooks that nobody used are left out. */
  health(): Record<string, Health>;
  /** Ends the thread of the mappings; what waits for it is refused. */
  stop(): Promise<void>;
}

interface Hook extends HookSource {
  /** Absent: it has a mapping. */
  form?: HookForm;
  secret?: string;
  counts: HookCounts;
}

/** `POST /hooks/NAME`: alerts of other systems, by the form of their sender. */
export function addHookRoutes(app: FastifyInstance, deps: HookDeps): Hooks {
  const hooks = hooksOf(deps);
  const mappings = mappingsOf(deps.config.hooks);
  const desk = new HookDesk(hooks, mappings, deps);
  void app.register(async (scope) => {
    // The signature is that of the bytes. Some senders name no type, or one of their own.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook<{ Params: { name: string } }>('onRequest', async (request, reply) => {
      const refusal = desk.before(request.params.name, request.headers);
      if (refusal) return refuse(reply, refusal);
    });
    scope.route<{ Params: { name: string } }>({
      method: ['POST', 'PUT'],
      url: '/hooks/:name',
      bodyLimit: BODY_LIMIT,
      config: { access: 'hook' },
      errorHandler: (error, request, reply) => {
        if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
        hooks.get(request.params.name)?.counts.refused('too_large');
        return sendProblem(reply, problem(413, 'too_large', `At most ${BODY_LIMIT} bytes are read.`));
      },
      handler: async (request, reply) => await desk.take(request.params.name, request, reply),
    });
  });
  return {
    health: () =>
      Object.fromEntries(
        [...hooks.values()].flatMap(({ name, counts }) => {
          const health = counts.health();
          return health ? [[`hook ${name}`, health]] : [];
        }),
      ),
    stop: async () => await mappings[Symbol.asyncDispose](),
  };
}

const mappingsOf = ({ senders }: Config['hooks']): Mappings =>
  new Mappings(
    Object.fromEntries(
      Object.entries(senders).flatMap(([name, { mapping }]) => (mapping ? [[name, mapping]] : [])),
    ),
  );

function hooksOf({ config, metrics, log }: HookDeps): Map<string, Hook> {
  const { senders, serviceLabels, requestsPerSecond: perSecond } = config.hooks;
  const names = new Set([...KNOWN_HOOKS, ...Object.keys(senders)]);
  return new Map(
    [...names].map((name): [string, Hook] => {
      const entry = senders[name];
      const form = entry?.form ?? (isHookForm(name) ? name : undefined);
      const hook: Hook = {
        name,
        ...(form ? { form } : {}),
        title: entry?.title ?? (isHookForm(name) ? TITLES[name] : name),
        serviceLabels: entry?.serviceLabels ?? serviceLabels,
        ...(entry?.secret ? { secret: entry.secret } : {}),
        counts: new HookCounts({ hook: name, perSecond, metrics, log }),
      };
      return [name, hook];
    }),
  );
}

class HookDesk {
  readonly #hooks: ReadonlyMap<string, Hook>;
  readonly #mappings: Mappings;
  readonly #deps: HookDeps;
  #waiting = 0;

  constructor(hooks: ReadonlyMap<string, Hook>, mappings: Mappings, deps: HookDeps) {
    this.#hooks = hooks;
    this.#mappings = mappings;
    this.#deps = deps;
  }

  /** Why the request is refused before its body is read; undefined where it is read. */
  before(name: string, headers: FastifyRequest['headers']): Problem | undefined {
    const hook = this.#hooks.get(name);
    const { token } = this.#deps.config.http;
    // A server without a token answers to programs of this machine only. One with a token tells nobody which names there are.
    if (token && !hook?.secret) {
      hook?.counts.refused('secret', { variable: hookVariable(name) });
      return secretMissing(name);
    }
    if (!hook) {
      const known = `There is no hook "${name.slice(0, 40)}". Known are ${[...this.#hooks.keys()].join(', ')}; others are made in hooks.senders of config.json.`;
      return problem(404, 'not_found', known);
    }
    if (!hook.secret || mayProve(hook.form, headers)) return undefined;
    hook.counts.refused('secret');
    return unproven(name);
  }

  /** Takes a request that was not refused before. */
  async take(name: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const hook = this.#hooks.get(name)!;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const now = Date.now();
    if (hook.secret && !isProven(hook.form, hook.secret, { headers: request.headers, body }, now)) {
      hook.counts.refused('secret');
      return refuse(reply, unproven(name));
    }
    if (!hook.counts.spend(now)) {
      hook.counts.refused('rate');
      const said = 'Too many requests to this hook. Send it again after a second.';
      return refuse(reply, problem(429, 'rate_limited', said));
    }
    const read = await this.#read(hook, request, body, now);
    return Array.isArray(read) ? await this.#answer(hook, read, now, reply) : refuse(reply, read);
  }

  async #read(
    hook: Hook,
    request: FastifyRequest,
    body: Buffer,
    receivedAt: number,
  ): Promise<HookRead[] | Problem> {
    let payload: unknown;
    let text: string;
    try {
      text = utf8.decode(body);
      payload = JSON.parse(text);
    } catch {
      hook.counts.refused('malformed', { path: '(top level)' });
      return problem(400, 'malformed', 'The body is no JSON in UTF-8.');
    }
    const read = hook.form
      ? READERS[hook.form]({ payload, headers: request.headers, receivedAt })
      : await this.#mapped(hook, text);
    if (!Array.isArray(read)) return read;
    if (read.length <= MOST_ALERTS) return read;
    hook.counts.refused('too_large', { alerts: read.length });
    return problem(413, 'too_large', `${read.length} alerts at once, at most ${MOST_ALERTS} are read.`);
  }

  async #mapped(hook: Hook, text: string): Promise<HookRead[] | Problem> {
    try {
      return await this.#mappings.read(hook.name, text);
    } catch (error) {
      const { code, message } = toAppError(error);
      if (code === 'malformed') {
        hook.counts.refused('malformed', { why: message });
        return problem(400, 'malformed', message);
      }
      hook.counts.refused('unavailable');
      return problem(503, 'unavailable', 'Too many payloads wait for their mapping. Send it again.');
    }
  }

  /** Publishes what could be read, and says what could not. */
  async #answer(
    hook: Hook,
    read: readonly HookRead[],
    now: number,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const wrong = read.flatMap((one) => ('wrong' in one ? one.wrong : []));
    const alerts = read.flatMap((one) => ('alert' in one ? [one.alert] : []));
    const refused = read.length - alerts.length;
    if (refused > 0) hook.counts.refused('malformed', wrong[0], refused);
    if (alerts.length === 0 && refused > 0) {
      const said = 'The payload has not the form of its sender.';
      return sendProblem(reply, problem(400, 'malformed', said, wrong.slice(0, NAMED)));
    }
    const failure = alerts.length > 0 ? await this.#publish(hook, alerts, now) : undefined;
    if (failure) {
      hook.counts.refused('unavailable', { err: failure });
      const said = 'The alerts could not be stored safely now. Send them again.';
      return refuse(reply, problem(503, 'unavailable', said));
    }
    for (const status of ['firing', 'resolved'] as const) {
      const count = alerts.filter((alert) => alert.status === status).length;
      if (count > 0) hook.counts.took(status, count);
    }
    return reply
      .code(202)
      .send({ alerts: alerts.length, ...(refused > 0 ? { refused: wrong.slice(0, NAMED) } : {}) });
  }

  /** @returns why they are not safe; undefined when they are */
  async #publish(hook: Hook, alerts: readonly HookAlert[], now: number): Promise<AppError | undefined> {
    if (this.#waiting >= MOST_WAITING)
      return new AppError('unavailable', 'too many requests wait for the bus');
    const messages = alerts.map((alert) => messageOf(anomalyOf(alert, hook, now)));
    this.#waiting += 1;
    // It goes on after the time is over, and counts until it ends: the bus keeps what it was given.
    const published = this.#deps.publishAnomalies(messages).finally(() => {
      this.#waiting -= 1;
    });
    try {
      await withTimeout(
        PUBLISH_MS,
        published,
        () => new AppError('timeout', 'the bus did not take it in time'),
      );
      return undefined;
    } catch (error) {
      return toAppError(error);
    }
  }
}

const secretMissing = (name: string): Problem =>
  problem(
    403,
    'forbidden',
    `This hook takes nothing yet: it has no secret. Set ${hookVariable(name.slice(0, 40))} (16 characters or more) where Bongsu runs, and give the same to the sender, as a Bearer token or as its signing secret. A name of your own also needs an entry in hooks.senders of config.json.`,
  );

const unproven = (name: string): Problem =>
  problem(
    401,
    'unauthorized',
    `The secret of this hook is needed (${hookVariable(name)} where Bongsu runs): Authorization: Bearer …, the password of Basic authentication, or the signature that the sender makes with it.`,
  );

/** What a sender needs to know besides the problem, by its status. */
const ALONG: Record<number, [header: string, value: string]> = {
  401: ['www-authenticate', 'Bearer'],
  429: ['retry-after', '1'],
  503: ['retry-after', String(RETRY_AFTER_S)],
};

function refuse(reply: FastifyReply, value: Problem): FastifyReply {
  const along = ALONG[value.status];
  if (along) reply.header(...along);
  return sendProblem(reply, value);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function messageOf(anomaly: AnomalyWire & { id: string }): OutgoingMessage & { id: string } {
  const { id, service, host } = anomaly;
  const key = service ?? host;
  return { id, ...(key ? { key } : {}), value: JSON.stringify(anomaly) };
}
