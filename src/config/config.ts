import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { visibleField } from '../domain/text/visible.ts';
import {
  type Environment,
  FIELD_VARIABLES,
  hookVariable,
  overlayEnvironment,
  type Variable,
} from './environment.ts';
import { issueText } from './issue-text.ts';
import { checkedSchema, configSchema } from './schema.ts';

export const ROLES = ['pipeline', 'bot', 'worker'] as const;
export type Role = (typeof ROLES)[number];

type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
/** The settings of the program; nothing can change them after they were read. */
export type Config = DeepReadonly<z.infer<typeof configSchema>>;

/** `models[openai].apiKey` stands for `models.0.apiKey` and so on: a secret is refused in every entry, whatever its kind is. */
const SECRETS = FIELD_VARIABLES.filter(({ secret }) => secret !== undefined).map((field) => ({
  ...field,
  pattern: new RegExp(
    `^${field.path
      .replaceAll('.', '\\.')
      .replace(/\[\w+\]/, '\\.\\d+')
      .replace('*', '[^.]+')}$`,
  ),
}));

const hasPassword = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).password !== '';

/**
 * The variable that must be used instead of a value in the file; undefined if the value is not a secret. A file may be committed
 * and passed around, so secrets do not belong in it; an address that contains a password is a secret too.
 */
function secretOf(path: string, value: unknown): Variable | undefined {
  const field = SECRETS.find(({ pattern }) => pattern.test(path));
  if (!field || (field.secret !== 'always' && !hasPassword(value))) return undefined;
  return field.path.includes('*') ? hookVariable(path.split('.').at(-2)!) : field.variable;
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
  const parsed = checkedSchema.safeParse(given);
  if (!parsed.success)
    throw new AppError(
      'config_invalid',
      issueText(parsed.error.issues, { file, raw, given, env, schema: configSchema }),
    );
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

/** Bongsu's own folder: the only folder whose files surely come from Bongsu, wherever the program was started. */
export const PROJECT = resolve(import.meta.dirname, '../..');

/**
 * Reads the configuration: defaults, then the file, then the environment. Nothing is read from the current directory unless
 * `path` names it: a person who looks at logs may be in a folder that others filled.
 * @param path explicit file, relative to `cwd`; it must exist. Without one: `BONGSU_CONFIG`, else `config.json` in `home` if
 * present.
 * @param cwd what a relative path is relative to
 * @param home Bongsu's own folder; for tests
 * @returns the frozen config (with `dataDir` absolute), and the file it was read from; undefined if there is none.
 * @throws AppError `config_invalid`
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
