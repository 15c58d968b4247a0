import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { type EngineName, layout, missing, OLLAMA_MODEL, OPENAI_KEY, onPath } from './provision.layout.ts';
import { selfSigned } from './servers/certificate.ts';
import { freePort, freshDir, launch, type Server } from './servers/launch.ts';

export type { Server } from './servers/launch.ts';
export { startElasticsearch, startOpenSearch, startSecuredElasticsearch } from './servers/search.ts';

type Options = {
  /** Listens here instead of on a free port. */
  port?: number;
};

/** Why an engine cannot be started on this machine, for a test's `skip`; undefined when it can. */
export function available(name: EngineName): string | undefined {
  return missing(name);
}

function demand(name: EngineName): void {
  const why = missing(name);
  if (why) throw new Error(why);
}

/** A single-node Kafka broker (KRaft) with topics created on first use, one partition unless asked otherwise. */
export async function startKafka(
  options: Options & {
    partitions?: number;
    /** Lines of its settings; they win over those here. */
    settings?: readonly string[];
    /** More options of the tool that makes the storage. */
    format?: readonly string[];
  } = {},
): Promise<Server & { readonly brokers: string[] }> {
  demand('kafka');
  const port = options.port ?? (await freePort());
  const controller = await freePort();
  const dir = await freshDir('kafka');
  const properties = join(dir, 'server.properties');
  await writeFile(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
log.dirs=${join(dir, 'data')}
num.partitions=${options.partitions ?? 1}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
# After a crash the broker is let in again only when its old session is over: 9 s by default.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=4194304
num.io.threads=2
num.network.threads=2
${(options.settings ?? []).join('\n')}
`,
  );
  const java = ['-Xms256m', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', join(layout.kafka(), 'lib', '*')];
  // A dash in front would be read as an option.
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  execFileSync(
    'java',
    [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties, ...(options.format ?? [])],
    // Three hundred lines of settings go to stderr.
    { stdio: 'ignore' },
  );
  const brokers = [`127.0.0.1:${port}`];
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const server = await launch({
    name: 'kafka',
    url: brokers[0]!,
    dir,
    command: 'java',
    args: [...java, 'kafka.Kafka', properties],
    ready: async () => {
      const admin = kafka.admin();
      try {
        await admin.connect();
        await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    },
  });
  return Object.assign(server, { brokers });
}

/** Redis with every write in an append-only file, so that `kill` and `restart` lose nothing acknowledged. */
export async function startRedis(
  options: Options & {
    /** Speaks TLS only, for a user with a password; `ca` is then in the folder of the server. */
    secured?: boolean;
  } = {},
): Promise<Server> {
  demand('redis');
  const port = options.port ?? (await freePort());
  const dir = await freshDir('redis');
  const { secured = false } = options;
  const url = secured ? `rediss://lamp:wick-and-oil@127.0.0.1:${port}` : `redis://127.0.0.1:${port}`;
  const [ca, key] = [join(dir, 'ca.pem'), join(dir, 'key.pem')];
  if (secured) selfSigned(ca, key);
  const settings = {
    ...(secured
      ? {
          port: '0',
          'tls-port': String(port),
          'tls-cert-file': ca,
          'tls-key-file': key,
          'tls-auth-clients': 'no',
          user: 'lamp on >wick-and-oil ~* &* +@all',
        }
      : { port: String(port) }),
    bind: '127.0.0.1',
    dir,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    // What BullMQ demands.
    'maxmemory-policy': 'noeviction',
  };
  return launch({
    name: 'redis',
    url,
    dir,
    command: onPath('redis-server') ?? 'redis-server',
    args: Object.entries(settings).flatMap(([name, value]) => [
      `--${name}`,
      ...(name === 'user' ? value.split(' ') : [value]),
    ]),
    ready: async () => {
      const client = new Redis(url, {
        ...(secured ? { tls: { ca: readFileSync(ca, 'utf8') } } : {}),
        lazyConnect: true,
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
      });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    },
    readyMs: 20_000,
  });
}

/** Ollama with one small model, named by `model`. Models made or removed in a test do not reach the cache. */
export async function startOllama(options: Options = {}): Promise<Server & { readonly model: string }> {
  demand('ollama');
  const port = options.port ?? (await freePort());
  const dir = await freshDir('ollama');
  const models = join(dir, 'models');
  const source = join(layout.ollama(), 'models');
  await cp(join(source, 'manifests'), join(models, 'manifests'), { recursive: true });
  await mkdir(join(models, 'blobs'));
  for (const blob of await readdir(join(source, 'blobs')))
    await symlink(join(source, 'blobs', blob), join(models, 'blobs', blob));
  const url = `http://127.0.0.1:${port}`;
  const client = new Ollama({ host: url });
  const server = await launch({
    name: 'ollama',
    url,
    dir,
    command: join(layout.ollama(), 'bin', 'ollama'),
    args: ['serve'],
    env: {
      HOME: dir,
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: models,
      OLLAMA_NUM_PARALLEL: '1',
      OLLAMA_MAX_LOADED_MODELS: '1',
      OLLAMA_KEEP_ALIVE: '30m',
      OLLAMA_NOPRUNE: '1',
    },
    ready: async () => {
      const { models: known } = await client.list();
      if (!known.some((entry) => entry.name.startsWith(OLLAMA_MODEL))) throw new Error('model not listed');
    },
    readyMs: 60_000,
  });
  return Object.assign(server, { model: OLLAMA_MODEL });
}

/** llama.cpp's own HTTP server, embedded in a Python module; it stops by the death of its process. */
const LLAMA_SERVER = `
import signal, sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias = sys.argv[1], {sys.argv[2]}
params.hostnames, params.port, params.api_keys = ['127.0.0.1'], int(sys.argv[3]), [sys.argv[4]]
params.n_ctx, params.n_parallel = 4096, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
signal.sigwait([signal.SIGTERM, signal.SIGINT])
`;

/** An OpenAI-compatible server; `url` ends in /v1, and requests without `apiKey` are refused with 401. */
export async function startOpenAi(
  options: Options = {},
): Promise<Server & { readonly model: string; readonly apiKey: string }> {
  demand('openai');
  const port = options.port ?? (await freePort());
  const dir = await freshDir('openai');
  const url = `http://127.0.0.1:${port}/v1`;
  const client = new OpenAI({ baseURL: url, apiKey: OPENAI_KEY, maxRetries: 0, timeout: 5_000 });
  const model = 'smollm2-135m-instruct';
  const server = await launch({
    name: 'openai',
    url,
    dir,
    command: 'python3',
    args: ['-u', '-c', LLAMA_SERVER, layout.gguf(), model, String(port), OPENAI_KEY],
    env: { PYTHONPATH: layout.openai() },
    ready: () => client.models.list(),
    readyMs: 60_000,
  });
  return Object.assign(server, { model, apiKey: OPENAI_KEY });
}
