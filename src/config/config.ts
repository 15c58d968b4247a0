import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { LANGUAGES } from '../domain/question/question.ts';
import { visibleField } from '../domain/text/visible.ts';
import { collectSection } from './collect.ts';
import { checkFallback, deliverySchema } from './delivery.ts';
import { describe } from './describe.ts';
import { type Environment, overlayEnvironment } from './environment.ts';
import { botSchema, incidentsSchema, rolesSchema } from './incidents.ts';
import { checkJobs, jobsSchema } from './jobs.ts';
import { answersSchema, checkModels, modelsSchema, pricesSchema } from './models.ts';
import { escalationSchema, routesSchema } from './routing.ts';
import { sendSection } from './send.ts';

export { namesSet, type Variable } from './environment.ts';

export const ROLES = ['pipeline', 'bot', 'worker'] as const;
export type Role = (typeof ROLES)[number];

const url = z.url({ protocol: /^https?$/ });
const redisUrl = z.url({ protocol: /^rediss?$/, error: 'must be an address such as redis://host:6379' });
const milliseconds = z.int().positive();

const slack = z.strictObject({
  kind: z.literal('slack'),
  /** Channel id alerts go to, `C…`. */
  channel: z.string().min(1),
  mode: z.enum(['socket', 'http']).default('socket'),
  /** Port of the HTTP receiver when `mode` is `http`. */
  port: z.int().min(0).max(65_535).default(8084),
  apiUrl: url.default('https://slack.com/api/'),
  botToken: z.string().optional(),
  appToken: z.string().optional(),
  signingSecret: z.string().optional(),
});

const discord = z.strictObject({
  kind: z.literal('discord'),
  /** Channel id (snowflake) alerts go to. */
  channel: z.string().min(1),
  /** Registers the slash command for one server at once instead of globally (which takes up to an hour). */
  guild: z.string().optional(),
  apiUrl: url.default('https://discord.com/api'),
  token: z.string().optional(),
});

const schema = z.strictObject({
  /** Language of alerts and of the console until a person's own is known. */
  language: z.enum(LANGUAGES).default('en'),
  /** IANA zone for times shown to people and for log lines that name none. */
  timeZone: z.string().default('UTC').refine(isTimeZone, 'not an IANA time zone such as Asia/Seoul'),
  /** Folder of the embedded backends, relative to the config file. */
  dataDir: z.string().min(1).default('data'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8083),
      /** Address people reach this server at, for links in chats; where it listens when absent. */
      publicUrl: url.optional(),
      /** Bearer token; required when `host` is not loopback. Only from the environment (`BONGSU_TOKEN`). */
      token: z.string().min(16).optional(),
    })
    .prefault({}),
  bus: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('memory') }),
      z.strictObject({
        kind: z.literal('kafka'),
        brokers: z.array(z.string().min(1)).min(1),
        group: z.string().min(1).default('bongsu'),
      }),
    ])
    .prefault({ kind: 'memory' }),
  topics: z
    .strictObject({
      logs: z.string().min(1).default('log-stream'),
      anomalies: z.string().min(1).default('log-anomalies'),
    })
    .prefault({}),
  logs: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sqlite') }),
      z.strictObject({
        kind: z.literal('elasticsearch'),
        url,
        index: z.string().min(1).default('bongsu-logs'),
      }),
    ])
    .prefault({ kind: 'sqlite' }),
  state: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sqlite') }),
      z.strictObject({
        kind: z.literal('redis'),
        url: redisUrl,
        prefix: z.string().default('bongsu:'),
      }),
    ])
    .prefault({ kind: 'sqlite' }),
  queue: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('embedded') }),
      z.strictObject({
        kind: z.literal('redis'),
        url: redisUrl,
        prefix: z.string().default('bongsu'),
      }),
    ])
    .prefault({ kind: 'embedded' }),
  models: modelsSchema,
  prices: pricesSchema,
  answers: answersSchema,
  jobs: jobsSchema,
  collect: collectSection,
  send: sendSection,
  /** Where alerts go and questions come from; the console is always there in role `all`. */
  chats: z.array(z.discriminatedUnion('kind', [slack, discord])).default([]),
  detect: z
    .strictObject({
      /** Records per detector that are learned from before anything is scored. */
      warmup: z.int().min(0).default(200),
      /** Width of the buckets rates are taken over. */
      bucketMs: milliseconds.default(10_000),
      /** Confidence from which an anomaly is a warning / critical. */
      warning: z.number().min(0).max(1).default(0.6),
      critical: z.number().min(0).max(1).default(0.85),
    })
    .refine(({ warning, critical }) => warning <= critical, {
      path: ['warning'],
      error: ({ input }) =>
        `must not be above detect.critical (${(input as { critical: number }).critical}), or what is critical would not be told`,
    })
    .prefault({}),
  incidents: incidentsSchema,
  delivery: deliverySchema,
  routes: routesSchema,
  escalation: escalationSchema,
  roles: rolesSchema,
  bot: botSchema,
});

const checked = schema.superRefine(checkModels).superRefine(checkFallback).superRefine(checkJobs);

type Parsed = z.infer<typeof schema>;
type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
export type Config = DeepReadonly<Parsed>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Secrets have no place in a file that is committed and passed around. */
const SECRET_FIELDS: readonly [path: RegExp, variable: string][] = [
  [/^models\.\d+\.apiKey$/, 'OPENAI_API_KEY'],
  [/^chats\.\d+\.botToken$/, 'SLACK_BOT_TOKEN'],
  [/^chats\.\d+\.appToken$/, 'SLACK_APP_TOKEN'],
  [/^chats\.\d+\.signingSecret$/, 'SLACK_SIGNING_SECRET'],
  [/^chats\.\d+\.token$/, 'DISCORD_TOKEN'],
  [/^http\.token$/, 'BONGSU_TOKEN'],
  [/^send\.mqtt\.password$/, 'MQTT_PASSWORD'],
];

/** Addresses may carry a user and a password, and are then as secret. */
const ADDRESS_FIELDS: readonly [path: RegExp, variable: string][] = [
  [/^(?:state|queue)\.url$/, 'REDIS_URL'],
  [/^logs\.url$/, 'ELASTICSEARCH_URL'],
  [/^send\.mqtt\.url$/, 'MQTT_PASSWORD'],
  [/^models\.\d+\.baseUrl$/, 'OPENAI_BASE_URL'],
  [/^models\.\d+\.url$/, 'OLLAMA_API_URL'],
];
const hasPassword = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).password !== '';

/** The variable that a value of the file has to come from instead; undefined for what is no secret. */
function secretOf(path: string, value: unknown): string | undefined {
  const among = (fields: typeof SECRET_FIELDS) => fields.find(([pattern]) => pattern.test(path))?.[1];
  return among(SECRET_FIELDS) ?? (hasPassword(value) ? among(ADDRESS_FIELDS) : undefined);
}

function* leaves(value: unknown, path = ''): Generator<[path: string, value: unknown]> {
  if (value === null || typeof value !== 'object') return void (yield [path, value]);
  for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path ? `${path}.${key}` : key);
}

/** Which role may run on which backend: a backend inside one process cannot be shared by several. */
export function checkRoles(config: Config, roles: readonly Role[], file = 'config.json'): void {
  if (roles.length === ROLES.length) return;
  const embedded: [path: string, kind: string, allowed: string][] = [];
  if (config.bus.kind === 'memory') embedded.push(['bus.kind', 'memory', 'kafka']);
  if (config.logs.kind === 'sqlite') embedded.push(['logs.kind', 'sqlite', 'elasticsearch']);
  if (config.state.kind === 'sqlite') embedded.push(['state.kind', 'sqlite', 'redis']);
  if (config.queue.kind === 'embedded') embedded.push(['queue.kind', 'embedded', 'redis']);
  if (embedded.length === 0) return;
  throw new AppError(
    'config_invalid',
    embedded
      .map(
        ([path, kind, allowed]) =>
          `${file}: ${path}: "${kind}" cannot be shared by separate roles (${roles.join(', ')}); use "${allowed}", or start --role all`,
      )
      .join('\n'),
  );
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** Validates a raw configuration object. Throws AppError `config_invalid` naming every wrong field. */
export function parseConfig(raw: unknown, env: Environment = {}, file = 'config.json'): Config {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw))
    throw new AppError('config_invalid', `${file}: (top level): must be an object`);
  for (const [path, value] of leaves(raw)) {
    const variable = secretOf(path, value);
    if (variable)
      throw new AppError(
        'config_invalid',
        `${file}: ${path}: secrets are read from the environment only; set ${variable}`,
      );
  }
  const given = overlayEnvironment(raw as Record<string, unknown>, env);
  const parsed = checked.safeParse(given);
  if (!parsed.success)
    throw new AppError('config_invalid', describe(parsed.error.issues, { file, raw, given, env, schema }));
  const config = parsed.data;
  if (!LOOPBACK.has(config.http.host) && !config.http.token)
    throw new AppError(
      'config_invalid',
      `${file}: http.host: "${config.http.host}" is open to others; set BONGSU_TOKEN (16 characters or more), or use 127.0.0.1`,
    );
  return deepFreeze(config);
}

function deepFreeze<T>(value: T): DeepReadonly<T> {
  if (value !== null && typeof value === 'object')
    for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value) as DeepReadonly<T>;
}

/** Where Bongsu itself lies. Of the folders that a program can be started from this is the only one that is surely its own. */
export const PROJECT = resolve(import.meta.dirname, '../..');

/**
 * Reads the configuration: defaults, then the file, then the environment. The current directory has no say: whoever
 * looks at somebody's logs stands in a folder that somebody else filled.
 * @param path explicit file, relative to `cwd`; it must exist. Without one: `BONGSU_CONFIG`, else `config.json` in `home` where present.
 * @param cwd what a relative path is relative to
 * @param home Bongsu's own folder; for tests
 * @returns the frozen config (with `dataDir` absolute), and the file it was read from; undefined where there is none.
 */
export function loadConfig(
  path?: string,
  env: Environment = process.env,
  cwd = process.cwd(),
  home = PROJECT,
): { config: Config; file: string | undefined } {
  const wanted = path || env.BONGSU_CONFIG;
  const file = wanted ? resolve(cwd, wanted) : join(home, 'config.json');
  const shown = wanted ?? 'config.json';
  const exists = existsSync(file);
  if (wanted && !exists) throw new AppError('config_invalid', `${shown}: no such file`);
  let raw: unknown = {};
  if (exists) {
    try {
      raw = JSON.parse(readFileSync(file, 'utf8'));
    } catch (cause) {
      const reason = cause instanceof Error ? visibleField(cause.message) : 'unreadable';
      throw new AppError('config_invalid', `${shown}: not valid JSON: ${reason}`, { cause });
    }
  }
  const config = parseConfig(raw, env, shown);
  return {
    config: Object.freeze({ ...config, dataDir: resolve(dirname(file), config.dataDir) }),
    file: exists ? file : undefined,
  };
}
