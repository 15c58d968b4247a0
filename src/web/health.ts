import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { HEALTH_TIMEOUT_MS, type Health, overall, type SystemHealth } from '../domain/health.ts';
import { valueInTime } from '../domain/retry.ts';
import { healthIn, healthOf } from '../i18n/health.ts';
import type { Metrics } from '../metrics.ts';
import type { SignedIn } from './guard.ts';
import type { Streams } from './sse.ts';

/** More than one backend may take, or a single one that hangs would make all of them look gone. */
const BACKENDS_TIMEOUT_MS = HEALTH_TIMEOUT_MS + 500;
const SAMPLE_MS = 2_000;
/** Backends are asked less often than the machine: each question is a request to a server. */
const SAMPLES_PER_BACKEND_CHECK = 5;

export type Backends = Record<string, Health>;
/** A backend for a page that shows either language: beside the English words the Korean ones. */
type Shown = Health & { ko: Pick<Health, 'detail' | 'mend'> };
/** One event of `/health_stream`: the machine, and the backends as last asked. */
export type HealthSample = SystemHealth & {
  status: ReturnType<typeof overall>;
  backends: Record<string, Shown>;
};

function inBoth(backends: Backends): Record<string, Shown> {
  return Object.fromEntries(
    Object.entries(backends).map(([name, health]) => {
      const { detail, mend } = healthIn('ko', health);
      return [name, { ...health, ko: { detail, ...(mend ? { mend } : {}) } }];
    }),
  );
}

const silent = (timeoutMs: number): Health =>
  healthOf(false, 'unknown', [['late', { seconds: timeoutMs / 1_000 }]], ['mend.late']);

/** What `ask` gives, or `otherwise` when it fails or takes too long. */
async function within<T>(ask: () => Promise<T>, timeoutMs: number, otherwise: T): Promise<T> {
  const without = (): T => otherwise;
  return valueInTime(timeoutMs, Promise.resolve().then(ask), without).catch(without);
}

/** Samples the machine while someone listens, once for all listeners. */
export function createSampler(deps: {
  systemHealth: () => Promise<SystemHealth>;
  backendsHealth: () => Promise<Backends>;
}) {
  const listeners = new Set<(sample: HealthSample) => void>();
  let running = false;
  let tick = 0;
  let backends: Backends = {};
  let asking: Promise<Backends> | undefined;
  let last: HealthSample | undefined;

  /** Always resolves within the timeout; backends that did not answer are named with what was known of them. */
  function currentBackends(): Promise<Backends> {
    // Many who ask at once cause one question to each backend.
    asking ??= askBackends().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function askBackends(): Promise<Backends> {
    const unanswered = Object.fromEntries(
      Object.entries(backends).map(([name, old]) => [
        name,
        { ...silent(BACKENDS_TIMEOUT_MS), kind: old.kind },
      ]),
    );
    const nothing = Object.keys(unanswered).length ? unanswered : { backends: silent(BACKENDS_TIMEOUT_MS) };
    backends = await within(deps.backendsHealth, BACKENDS_TIMEOUT_MS, nothing);
    return backends;
  }

  async function sample(): Promise<void> {
    const checkNow = tick % SAMPLES_PER_BACKEND_CHECK === 0;
    const unknown: SystemHealth = {
      gpus: [],
      cpu: { load: 0, cores: 0 },
      memory: { usedMb: 0, totalMb: 0 },
      at: Date.now(),
    };
    const [system, now] = await Promise.all([
      within(deps.systemHealth, SAMPLE_MS, last ?? unknown),
      checkNow ? currentBackends() : backends,
    ]);
    last = { ...system, status: overall(now), backends: inBoth(now) };
    for (const listener of listeners) listener(last);
  }
  async function run(): Promise<void> {
    running = true;
    for (tick = 0; listeners.size > 0; tick += 1) {
      await sample();
      await sleep(SAMPLE_MS, undefined, { ref: false });
    }
    running = false;
  }

  return {
    currentBackends,
    listen(listener: (sample: HealthSample) => void): () => void {
      listeners.add(listener);
      if (last) listener(last);
      if (!running) void run();
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
export type Sampler = ReturnType<typeof createSampler>;

export function addHealthRoutes(
  app: FastifyInstance,
  deps: { sampler: Sampler; streams: Streams; signedIn: SignedIn; metrics: Metrics; version: string },
): void {
  const startedAt = Date.now();

  app.get('/health', { config: { access: 'anyone' } }, async (request, reply) => {
    const backends = await deps.sampler.currentBackends();
    const status = overall(backends);
    // Without the token it is said what is well, not where it is.
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

  // Without HEAD, which would hold a stream open that nobody reads.
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
