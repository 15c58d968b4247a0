/** All variables that are read. A variable that is not listed here cannot be read; `doctor` lists which of these are set. */
export const VARIABLES = [
  'BONGSU_CONFIG',
  'BONGSU_TOKEN',
  'DISCORD_API_URL',
  'DISCORD_CHANNEL',
  'DISCORD_TOKEN',
  'ELASTICSEARCH_API_KEY',
  'ELASTICSEARCH_CA',
  'ELASTICSEARCH_HOST',
  'ELASTICSEARCH_INDEX',
  'ELASTICSEARCH_PORT',
  'ELASTICSEARCH_URL',
  'KAFKA_BOOTSTRAP_SERVERS',
  'KAFKA_CA',
  'KAFKA_GROUP_ID',
  'KAFKA_PASSWORD',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_USERNAME',
  'MQTT_PASSWORD',
  'OLLAMA_API_URL',
  'OLLAMA_MODEL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_MODEL',
  'OPENSEARCH_CA',
  'OPENSEARCH_INDEX',
  'OPENSEARCH_URL',
  'REDIS_CA',
  'REDIS_URL',
  'SLACK_API_URL',
  'SLACK_APP_TOKEN',
  'SLACK_BOT_TOKEN',
  'SLACK_CHANNEL',
  'SLACK_SIGNING_SECRET',
] as const;
/** A family of variables: the secret of each hook, by its name in capitals, with `_` for `-`. */
const HOOK_SECRET = 'BONGSU_HOOK_SECRET_';
const HOOK_SECRET_NAME = /^BONGSU_HOOK_SECRET_[A-Z][A-Z0-9_]{0,39}$/;
type HookVariable = `${typeof HOOK_SECRET}${string}`;

export type Variable = (typeof VARIABLES)[number] | HookVariable;
export type Environment = { readonly [name in Variable]?: string | undefined };

/** The variable that holds the secret of a hook. */
export const hookVariable = (name: string): HookVariable =>
  `${HOOK_SECRET}${name.toUpperCase().replaceAll('-', '_')}`;

/** The secrets of hooks that are set, by variable. */
const hookSecrets = (env: Environment): HookVariable[] =>
  Object.keys(env).filter(
    (name): name is HookVariable => HOOK_SECRET_NAME.test(name) && Boolean(env[name as HookVariable]),
  );

/**
 * Which variable a field comes from. In a path `chats[slack]` is each entry of the list `chats` whose kind is `slack`, and `*` each
 * name of a table.
 * A secret is refused in the file: `always`, or `password` where the value is an address that carries one.
 */
export const FIELD_VARIABLES: readonly {
  path: string;
  variable: Variable;
  secret?: 'always' | 'password';
  /** The variable does not set this field; it holds the password that belongs to the address. */
  passwordOnly?: true;
}[] = [
  { path: 'http.token', variable: 'BONGSU_TOKEN', secret: 'always' },
  { path: 'hooks.senders.*.secret', variable: `${HOOK_SECRET}<NAME>`, secret: 'always' },
  { path: 'bus.brokers', variable: 'KAFKA_BOOTSTRAP_SERVERS' },
  { path: 'bus.group', variable: 'KAFKA_GROUP_ID' },
  { path: 'bus.ca', variable: 'KAFKA_CA' },
  { path: 'bus.sasl.mechanism', variable: 'KAFKA_SASL_MECHANISM' },
  { path: 'bus.sasl.username', variable: 'KAFKA_USERNAME' },
  { path: 'bus.sasl.password', variable: 'KAFKA_PASSWORD', secret: 'always' },
  { path: 'logs.url', variable: 'ELASTICSEARCH_URL', secret: 'password' },
  { path: 'logs.url', variable: 'ELASTICSEARCH_HOST' },
  { path: 'logs.url', variable: 'ELASTICSEARCH_PORT' },
  { path: 'logs.index', variable: 'ELASTICSEARCH_INDEX' },
  { path: 'logs.apiKey', variable: 'ELASTICSEARCH_API_KEY', secret: 'always' },
  { path: 'logs.ca', variable: 'ELASTICSEARCH_CA' },
  { path: 'logs.url', variable: 'OPENSEARCH_URL', secret: 'password' },
  { path: 'logs.index', variable: 'OPENSEARCH_INDEX' },
  { path: 'logs.ca', variable: 'OPENSEARCH_CA' },
  { path: 'state.url', variable: 'REDIS_URL', secret: 'password' },
  { path: 'queue.url', variable: 'REDIS_URL', secret: 'password' },
  { path: 'state.ca', variable: 'REDIS_CA' },
  { path: 'queue.ca', variable: 'REDIS_CA' },
  { path: 'models[openai].apiKey', variable: 'OPENAI_API_KEY', secret: 'always' },
  { path: 'models[openai].baseUrl', variable: 'OPENAI_BASE_URL', secret: 'password' },
  { path: 'models[openai].model', variable: 'OPENAI_MODEL' },
  { path: 'models[ollama].url', variable: 'OLLAMA_API_URL', secret: 'password' },
  { path: 'models[ollama].model', variable: 'OLLAMA_MODEL' },
  { path: 'send.mqtt.url', variable: 'MQTT_PASSWORD', secret: 'password', passwordOnly: true },
  { path: 'send.mqtt.password', variable: 'MQTT_PASSWORD', secret: 'always' },
  { path: 'chats[slack].botToken', variable: 'SLACK_BOT_TOKEN', secret: 'always' },
  { path: 'chats[slack].appToken', variable: 'SLACK_APP_TOKEN', secret: 'always' },
  { path: 'chats[slack].signingSecret', variable: 'SLACK_SIGNING_SECRET', secret: 'always' },
  { path: 'chats[slack].channel', variable: 'SLACK_CHANNEL' },
  { path: 'chats[slack].apiUrl', variable: 'SLACK_API_URL' },
  { path: 'chats[discord].token', variable: 'DISCORD_TOKEN', secret: 'always' },
  { path: 'chats[discord].channel', variable: 'DISCORD_CHANNEL' },
  { path: 'chats[discord].apiUrl', variable: 'DISCORD_API_URL' },
];

/** The names of the variables that are set, never the values. */
export const namesSet = (env: Environment): Variable[] => [
  ...VARIABLES.filter((name) => env[name]),
  ...hookSecrets(env).sort(),
];

/** The senders whose payloads are known. Each has a hook of its own name; others may have its form. */
export const KNOWN_HOOKS = [
  'alertmanager',
  'grafana',
  'pagerduty',
  'sentry',
  'opsgenie',
  'cloudevents',
] as const;

const STANDARD_PORT = '9200';

/** The address for a host as people write it: a name, a name with a port, or a whole URL. The defaults are `http` and `port`. */
function elasticsearchUrl(host: string, port = STANDARD_PORT): string {
  const url = host.includes('://') ? host : `http://${host}`;
  const place = /^[a-z]+:\/\/[^/]*/i;
  return /:\d+$/.test(url.match(place)?.[0] ?? '') ? url : url.replace(place, (found) => `${found}:${port}`);
}

type Section = Record<string, unknown>;

/** The raw file with the values of the environment, which win over the file's; secrets come from the environment only. */
export function overlayEnvironment(raw: Section, env: Environment): Section {
  const out: Section = { ...raw };
  overlayBackends(out, env);
  overlayHooks(out, env);
  const send = raw.send as Record<string, object> | undefined;
  if (send?.mqtt && env.MQTT_PASSWORD)
    out.send = { ...send, mqtt: { ...send.mqtt, password: env.MQTT_PASSWORD } };
  const models = raw.models ?? [{ kind: 'openai' }, { kind: 'ollama' }];
  if (Array.isArray(models)) out.models = modelsWith(models, env);
  const chats = raw.chats === undefined ? [] : raw.chats;
  if (Array.isArray(chats)) out.chats = chatsWith(chats, env);
  return out;
}

function overlayBackends(out: Section, env: Environment): void {
  const over = (key: string, values: Section): void => {
    const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    if (Object.keys(set).length === 0) return;
    const old = out[key] as Section | undefined;
    // The schema refuses anything that is not an object, so it has to get it unchanged.
    if (old !== undefined && (typeof old !== 'object' || old === null)) return;
    // A backend named by the environment replaces one of another kind instead of mixing their fields.
    out[key] = set.kind && old?.kind !== set.kind ? set : { ...old, ...set };
  };
  if (env.KAFKA_BOOTSTRAP_SERVERS)
    over('bus', { kind: 'kafka', brokers: listOf(env.KAFKA_BOOTSTRAP_SERVERS) });
  const bus = out.bus as Section | undefined;
  if (bus?.kind === 'kafka')
    over('bus', {
      kind: 'kafka',
      group: env.KAFKA_GROUP_ID,
      ca: env.KAFKA_CA || undefined,
      sasl: saslOf(bus.sasl, env),
    });
  const elastic =
    env.ELASTICSEARCH_URL ||
    (env.ELASTICSEARCH_HOST ? elasticsearchUrl(env.ELASTICSEARCH_HOST, env.ELASTICSEARCH_PORT) : undefined);
  if (elastic) over('logs', { kind: 'elasticsearch', url: elastic });
  else if (env.OPENSEARCH_URL) over('logs', { kind: 'opensearch', url: env.OPENSEARCH_URL });
  const { kind } = (out.logs ?? {}) as Section;
  if (kind === 'elasticsearch')
    over('logs', {
      kind,
      index: env.ELASTICSEARCH_INDEX || undefined,
      apiKey: env.ELASTICSEARCH_API_KEY || undefined,
      ca: env.ELASTICSEARCH_CA || undefined,
    });
  if (kind === 'opensearch')
    over('logs', {
      kind,
      index: env.OPENSEARCH_INDEX || undefined,
      ca: env.OPENSEARCH_CA || undefined,
    });
  if (env.REDIS_URL) {
    over('state', { kind: 'redis', url: env.REDIS_URL });
    over('queue', { kind: 'redis', url: env.REDIS_URL });
  }
  for (const key of ['state', 'queue'])
    if ((out[key] as Section | undefined)?.kind === 'redis')
      over(key, { kind: 'redis', ca: env.REDIS_CA || undefined });
  over('http', { token: env.BONGSU_TOKEN || undefined });
}

/** The names of mechanisms are written in capitals by brokers and their clients. */
function saslOf(configured: unknown, env: Environment): Section | undefined {
  const given = {
    mechanism: env.KAFKA_SASL_MECHANISM?.toLowerCase(),
    username: env.KAFKA_USERNAME,
    password: env.KAFKA_PASSWORD,
  };
  return Object.values(given).some(Boolean)
    ? fill(isSection(configured) ? configured : {}, given)
    : undefined;
}

/** The hooks of known senders need no entry in the file; of others it says what they are, and only the secret is added. */
function overlayHooks(out: Section, env: Environment): void {
  const hooks = out.hooks ?? {};
  if (!isSection(hooks) || !isSection(hooks.senders ?? {})) return;
  const senders = { ...(hooks.senders as Section | undefined) };
  const names = new Map([...KNOWN_HOOKS, ...Object.keys(senders)].map((name) => [hookVariable(name), name]));
  const set = hookSecrets(env).filter((variable) => names.has(variable));
  if (set.length === 0) return;
  for (const variable of set) {
    const name = names.get(variable)!;
    const entry = senders[name] ?? {};
    if (isSection(entry)) senders[name] = { ...entry, secret: env[variable] };
  }
  out.hooks = { ...hooks, senders };
}

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** The entry with those of the values that are set. */
const fill = (entry: Section, values: Record<string, string | undefined>): Section => ({
  ...entry,
  ...Object.fromEntries(Object.entries(values).filter(([, value]) => value)),
});

/** If there are several models of one kind, the variables are for the first; for the others the file counts. */
function modelsWith(models: readonly Section[], env: Environment): Section[] {
  const place = (entry: Section, values: Record<string, string | undefined>): Section =>
    models.find((other) => other?.kind === entry.kind) === entry
      ? fill(entry, values)
      : { ...fill({}, values), ...entry };
  return models.map((entry) => {
    if (entry?.kind === 'openai')
      return fill(place(entry, { baseUrl: env.OPENAI_BASE_URL, model: env.OPENAI_MODEL }), {
        apiKey: env.OPENAI_API_KEY,
      });
    if (entry?.kind === 'ollama') return place(entry, { url: env.OLLAMA_API_URL, model: env.OLLAMA_MODEL });
    return entry;
  });
}

/** A token and a channel in the environment are enough: a first try needs no file. */
function chatsWith(configured: readonly Section[], env: Environment): Section[] {
  const chats = [...configured];
  const has = (kind: string): boolean => chats.some((chat) => chat?.kind === kind);
  if (!has('slack') && env.SLACK_BOT_TOKEN && env.SLACK_CHANNEL)
    chats.push({ kind: 'slack', channel: env.SLACK_CHANNEL, mode: env.SLACK_APP_TOKEN ? 'socket' : 'http' });
  if (!has('discord') && env.DISCORD_TOKEN && env.DISCORD_CHANNEL)
    chats.push({ kind: 'discord', channel: env.DISCORD_CHANNEL });
  return chats.map((chat) => {
    if (chat?.kind === 'slack')
      return fill(chat, {
        botToken: env.SLACK_BOT_TOKEN,
        appToken: env.SLACK_APP_TOKEN,
        signingSecret: env.SLACK_SIGNING_SECRET,
        apiUrl: env.SLACK_API_URL,
      });
    if (chat?.kind === 'discord')
      return fill(chat, { token: env.DISCORD_TOKEN, apiUrl: env.DISCORD_API_URL });
    return chat;
  });
}
