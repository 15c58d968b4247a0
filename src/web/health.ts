import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../domain/errors.ts';
import { HEALTH_TIMEOUT_MS, type Health, overall, type SystemHealth } from '../domain/health.ts';
import { withTimeout } from '../domain/retry.ts';
import { healthIn, healthOf } from '../i18n/health.ts';
import type { Metrics } from '../metrics.ts';
import type { SignedIn } from './guard.ts';
import type { EventStreams } from './sse.ts';

/** Longer than one backend may take: else a single backend that hangs would make all of them look missing. */
const BACKENDS_TIMEOUT_MS = HEALTH_TIMEOUT_MS + 500;
const SAMPLE_MS = 2_000;
/** Backends are asked less often than the machine is measured, because each question is a request to a server. */
const SAMPLES_PER_BACKEND_CHECK = 5;

export type BackendsHealth = Record<string, Health>;
/** A backend with its words in both languages, for a page that shows either. */
type Shown = Health & { ko: Pick<Health, 'detail' | 'mend'> };
/** One event of `/health_stream`: the machine, and the backends as last asked. */
export type HealthSample = SystemHealth & {
  status: ReturnType<typeof overall>;
  backends: Record<string, Shown>;
};

function inBoth(backends: BackendsHealth): Record<string, Shown> {
  return Object.fromEntries(
    Object.entries(backends).map(([name, health]) => {
      const { detail, mend } = healthIn('ko', health);
      return [name, { ...health, ko: { detail, ...(mend ? { mend } : {}) } }];
    }),
  );
}

const silent = (timeoutMs: number): Health =>
  healthOf(false, 'unknown', [['late', { seconds: timeoutMs / 1_000 }]], ['mend.late']);

/** What `ask` resolves with, or `otherwise` when it fails or takes too long. */
async function within<T>(ask: () => Promise<T>, timeoutMs: number, otherwise: T): Promise<T> {
  try {
    return await withTimeout(timeoutMs, ask(), () => new AppError('timeout', 'no answer in time'));
  } catch {
    return otherwise;
  }
}

/** Measures the machine while someone listens, once for all listeners. */
export class Sampler {
  readonly #systemHealth: () => Promise<SystemHealth>;
  readonly #backendsHealth: () => Promise<BackendsHealth>;
  readonly #listeners = new Set<(sample: HealthSample) => void>();
  #running = false;
  #backends: BackendsHealth = {};
  #asking: Promise<BackendsHealth> | undefined;
  #last: HealthSample | undefined;

  constructor(deps: {
    systemHealth: () => Promise<SystemHealth>;
    backendsHealth: () => Promise<BackendsHealth>;
  }) {
    this.#systemHealth = deps.systemHealth;
    this.#backendsHealth = deps.backendsHealth;
  }

  /** Always resolves in time. Backends that did not answer are listed as not well, by the names known from before. */
  currentBackends(): Promise<BackendsHealth> {
    // Many who ask at the same time cause one question to each backend.
    this.#asking ??= this.#askBackends().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Returns a function that ends the listening. */
  listen(listener: (sample: HealthSample) => void): () => void {
    this.#listeners.add(listener);
    if (this.#last) listener(this.#last);
    if (!this.#running) void this.#run();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let tick = 0; this.#listeners.size > 0; tick += 1) {
      await this.#sample(tick % SAMPLES_PER_BACKEND_CHECK === 0);
      await setTimeout(SAMPLE_MS, undefined, { ref: false });
    }
    this.#running = false;
  }

  async #sample(askBackends: boolean): Promise<void> {
    const unknown: SystemHealth = {
      gpus: [],
      cpu: { load: 0, cores: 0 },
      memory: { usedMb: 0, totalMb: 0 },
      at: Date.now(),
    };
    const [system, backends] = await Promise.all([
      within(this.#systemHealth, SAMPLE_MS, this.#last ?? unknown),
      askBackends ? this.currentBackends() : this.#backends,
    ]);
    this.#last = { ...system, status: overall(backends), backends: inBoth(backends) };
    for (const listener of this.#listeners) listener(this.#last);
  }

  async #askBackends(): Promise<BackendsHealth> {
    const unanswered = Object.fromEntries(
      Object.entries(this.#backends).map(([name, { kind }]) => [
        name,
        { ...silent(BACKENDS_TIMEOUT_MS), kind },
      ]),
    );
    const nothing = Object.keys(unanswered).length ? unanswered : { backends: silent(BACKENDS_TIMEOUT_MS) };
    this.#backends = await within(this.#backendsHealth, BACKENDS_TIMEOUT_MS, nothing);
    return this.#backends;
  }
}

export function addHealthRoutes(
  app: FastifyInstance,
  deps: { sampler: Sampler; streams: EventStreams; signedIn: SignedIn; metrics: Metrics; version: string },
): void {
  const startedAt = Date.now();

  app.get('/health', { config: { access: 'anyone' } }, async (request, reply) => {
    const backends = await deps.sampler.currentBackends();
    const status = overall(backends);
    // A caller without a token sees which backends work, but not where they are.
    const shown = deps.signedIn(request)
      ? backends
      : Object.fromEntries(Object.entries(backends).map(([name, { ok, kind }]) => [name, { ok, kind }]));
    return reply
      .code(status === 'down' ? 503 : 200)
      .header('cache-control', 'no-store')
      .send({
        status,
        version: deps.version,
        uptime_s: Math.round((Date.now() - startedAt) / 1_000),
        backends: shown,
      });
  });

  // No HEAD route: it would keep a stream open that nobody reads.
  app.get(
    '/health_stream',
    { config: { access: 'viewer' }, exposeHeadRoute: false },
    async (_request, reply) => {
      const stream = deps.streams.open(reply);
      if (!stream) return reply;
      stream.onClose(deps.sampler.listen((sample) => stream.send({ data: sample })));
      return reply;
    },
  );

  app.get('/metrics', { config: { access: 'viewer' } }, async (_request, reply) =>
    reply.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics()),
  );
}
