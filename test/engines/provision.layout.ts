import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The engines, quickest to provision first: what is compiled from source or takes gigabytes comes last. */
export const ENGINES = [
  'redis',
  'rsyslog',
  'mosquitto',
  'kcat',
  'alertmanager',
  'lumber',
  'telemetrygen',
  'kafka',
  'elasticsearch',
  'opensearch',
  'chromium',
  'openai',
  'ollama',
  'lora',
] as const;
export type EngineName = (typeof ENGINES)[number];

/** What is installed. A folder of the cache carries its version, so changing one here installs it anew. */
export const PINS = {
  /** Brokers 4.x have dropped old protocol versions, and kafkajs 2.2 is from before that: stay on 3.9. */
  kafka: '3.9.2',
  slf4j: '1.7.36',
  elasticsearch: '8.19.21',
  /** The runner's version is that of the server with one number more. */
  opensearch: '3.8.0.0',
  xllamacpp: '2026.10.11549',
  /** The last tag that builds with `go install` alone. */
  ollama: 'v0.24.0',
  /** Only for the C++ headers that the Go module zip of Ollama leaves out. */
  llamaCppBin: '11434.0.0',
  /** Elastic's Lumberjack client and OpenTelemetry's load generator, both compiled by Go. */
  lumber: 'v0.1.0',
  telemetrygen: 'v0.161.0',
  /** SmolLM2-135M-Instruct, Q4_1, Apache-2.0. */
  weights: '0.1.2',
  /** What the trainer script imports; the folder carries torch's version. */
  torch: '2.15.0',
  transformers: '5.24.0',
  peft: '0.21.2',
} as const;

/** Name under which Ollama knows the small weights. */
export const OLLAMA_MODEL = 'smollm2';
/** Key the OpenAI-compatible server asks for, so that authentication is exercised too. */
export const OPENAI_KEY = 'local-engine-key';

/** Folder everything is installed under; outside the checkout so that a clean clone finds it again. */
export function cacheRoot(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.BONGSU_ENGINES_CACHE || join(base, 'bongsu-engines');
}

/** Folders inside the cache. Computed on each use: a test may point the cache elsewhere. */
export const layout = {
  kafka: () => join(cacheRoot(), `kafka-${PINS.kafka}`),
  elasticsearch: () => join(cacheRoot(), `elasticsearch-${PINS.elasticsearch}`),
  opensearch: () => join(cacheRoot(), `opensearch-${PINS.opensearch}`),
  openai: () => join(cacheRoot(), `xllamacpp-${PINS.xllamacpp}`),
  ollama: () => join(cacheRoot(), `ollama-${PINS.ollama}`),
  headers: () => join(cacheRoot(), `llama-cpp-headers-${PINS.llamaCppBin}`),
  weights: () => join(cacheRoot(), `smollm2-${PINS.weights}`),
  lumber: () => join(cacheRoot(), `go-lumber-${PINS.lumber}`),
  telemetrygen: () => join(cacheRoot(), `telemetrygen-${PINS.telemetrygen}`),
  gguf: () => join(layout.weights(), 'model.gguf'),
  lora: () => join(cacheRoot(), `lora-torch-${PINS.torch}`),
  loraPython: () => join(layout.lora(), 'venv', 'bin', 'python'),
  loraWeights: () => join(layout.lora(), 'weights'),
};

/** First executable called `name` on the PATH or in the system folders an ordinary user's PATH may lack. */
export function onPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin', '/usr/sbin'];
  for (const folder of folders) {
    if (!folder) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Path of the browser, for tests that drive the console. */
export function chromiumPath(): string | undefined {
  return onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome');
}

/**
 * A `java` of version 21 or later, which OpenSearch 3 needs, with a compiler, since its launcher is run from the source. The one on
 * the PATH is often older.
 */
export function javaOfOpenSearch(): string | undefined {
  const own = process.env.OPENSEARCH_JAVA_HOME;
  if (own) return join(own, 'bin', 'java');
  const folder = '/usr/lib/jvm';
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => Number(/(?:jdk|java|openjdk)?-?(?:1\.)?(\d{1,2})\b/.exec(name)?.[1]) >= 21)
    .map((name) => join(folder, name, 'bin', 'java'))
    .find((path) => existsSync(path) && existsSync(join(path, '../javac')));
}

/** Why an engine cannot be started here, or undefined when it can. Looks at files only; starts nothing. */
export function missing(name: EngineName): string | undefined {
  const hint = `run: node test/engines/provision.ts ${name}`;
  const needs = (command: string) => (onPath(command) ? undefined : `${name}: no ${command} on the PATH`);
  const installed = (folder: string) =>
    // Folders are renamed into place when complete, so that their being there is enough.
    existsSync(folder) ? undefined : `${name} is not provisioned; ${hint}`;
  switch (name) {
    case 'redis':
      return onPath('redis-server') ? undefined : `redis-server is not installed; ${hint}`;
    case 'rsyslog':
      return onPath('rsyslogd') ? undefined : `rsyslog is not installed; ${hint}`;
    case 'mosquitto':
      return onPath('mosquitto') && onPath('mosquitto_sub')
        ? undefined
        : `mosquitto is not installed; ${hint}`;
    case 'kcat':
      return onPath('kcat') ? undefined : `kcat is not installed; ${hint}`;
    case 'alertmanager':
      return onPath('prometheus-alertmanager') && onPath('amtool')
        ? undefined
        : `prometheus-alertmanager is not installed; ${hint}`;
    case 'lumber':
      return installed(layout.lumber());
    case 'telemetrygen':
      return installed(layout.telemetrygen());
    case 'chromium':
      return chromiumPath() ? undefined : `chromium is not installed; ${hint}`;
    case 'kafka':
      return needs('java') ?? installed(layout.kafka());
    case 'elasticsearch':
      return needs('java') ?? installed(layout.elasticsearch());
    case 'opensearch':
      if (!javaOfOpenSearch()) return 'opensearch: no JDK 21 or later (OPENSEARCH_JAVA_HOME, /usr/lib/jvm)';
      return installed(layout.opensearch());
    case 'openai':
      return needs('python3') ?? installed(layout.openai()) ?? installed(layout.weights());
    case 'ollama':
      return installed(layout.ollama());
    case 'lora':
      return installed(layout.lora());
  }
}
