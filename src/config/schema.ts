import { z } from 'zod';
import { LANGUAGES } from '../domain/question/question.ts';
import { httpUrl, milliseconds, timeZone } from './fields.ts';
import { checkHooks, hooksSchema } from './hooks.ts';
import { botSchema, incidentsSchema, rolesSchema } from './incidents.ts';
import { checkJobs, jobsSchema } from './jobs.ts';
import { answersSchema, checkModels, modelsSchema, pricesSchema } from './models.ts';
import { escalationSchema, routesSchema } from './routing.ts';

const redisUrl = z.url({ protocol: /^rediss?$/, error: 'must be an address such as redis://host:6379' });

const redisAuthority = z
  .string()
  .min(1)
  .optional()
  .describe(
    'File with the certificate authority of the server as PEM, or its text, for `rediss://` where the system does not know it.',
  );

const httpSection = z
  .strictObject({
    host: z
      .string()
      .default('127.0.0.1')
      .describe('Address it listens on. Any other than a loopback address needs `http.token`.'),
    port: z.int().min(0).max(65_535).default(8083).describe('Port it listens on; 0: any that is free.'),
    publicUrl: httpUrl
      .optional()
      .describe(
        'Address people reach this server at, for links in chats; the address it listens on when absent.',
      ),
    token: z
      .string()
      .min(16)
      .optional()
      .describe('Bearer token callers must send; required when `host` is not loopback.'),
  })
  .prefault({})
  .describe('The HTTP server: console page, API and metrics.');

const kafkaSasl = z
  .strictObject({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
      .default('plain')
      .describe('How the client proves who it is.'),
    username: z.string().min(1).describe('User; with `oauthbearer` the id of the client.'),
    password: z.string().min(1).describe('Password; with `oauthbearer` the secret of the client.'),
    tokenUrl: httpUrl
      .optional()
      .describe('With `oauthbearer`: where a token is asked for (OAuth 2.0, client credentials).'),
    scope: z.string().min(1).optional().describe('With `oauthbearer`: the scope that is asked for.'),
  })
  .refine(({ mechanism, tokenUrl }) => mechanism !== 'oauthbearer' || tokenUrl !== undefined, {
    path: ['tokenUrl'],
    message: 'is needed with "oauthbearer"',
  })
  .optional()
  .describe('How the client proves who it is, where the brokers want to know.');

const busSection = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('memory').describe('Inside the process, for `--role all`.') }),
    z.strictObject({
      kind: z.literal('kafka').describe('A Kafka cluster.'),
      brokers: z.array(z.string().min(1)).min(1).describe('Addresses of brokers, `host:port`.'),
      group: z.string().min(1).default('bongsu').describe('Beginning of the names of its consumer groups.'),
      tls: z
        .boolean()
        .optional()
        .describe(
          'Speaks TLS; on by itself where `ca`, `cert` or `sasl` is set. `false` sends the password of `sasl` unencrypted.',
        ),
      ca: z
        .string()
        .min(1)
        .optional()
        .describe(
          'File with the certificate authority of the brokers as PEM, or its text, where the system does not know it.',
        ),
      cert: z
        .string()
        .min(1)
        .optional()
        .describe('File with our own certificate as PEM, where the brokers ask for one.'),
      key: z.string().min(1).optional().describe('File with its private key.'),
      sasl: kafkaSasl,
    }),
  ])
  .prefault({ kind: 'memory' })
  .describe('Where log lines are read from and anomalies are published.');

const topicsSection = z
  .strictObject({
    logs: z.string().min(1).default('log-stream').describe('Topic log lines are read from.'),
    anomalies: z
      .string()
      .min(1)
      .default('log-anomalies')
      .describe('Topic anomalies are published to and read from.'),
  })
  .prefault({})
  .describe('Names of the topics on the bus.');

const indexField = (what: string) => z.string().min(1).optional().describe(what);
const foreignFields = z
  .strictObject({
    time: indexField('When it happened: a date, or a number since 1970.'),
    text: indexField('The line, or the words of the message.'),
    level: indexField('The level.'),
    service: indexField('The service.'),
    host: indexField('The host.'),
    trace: indexField('The id of the trace.'),
  })
  .optional()
  .describe(
    'Fields of an index that others have made, where they are not found by themselves; names of nested fields with dots.',
  );
const cacheLines = z
  .int()
  .min(100_000)
  .optional()
  .describe(
    'Lines of an index of others that are kept in `dataDir`, some 450 MB for each million; one question reads up to half of them. 2,000,000 when absent.',
  );
const authority = z
  .string()
  .min(1)
  .optional()
  .describe(
    'File with the certificate authority of the server as PEM, or its text, where the system does not know it.',
  );

const logsSection = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sqlite').describe('A database file in `dataDir`, for `--role all`.') }),
    z.strictObject({
      kind: z.literal('elasticsearch').describe('An Elasticsearch cluster.'),
      url: httpUrl.describe('Address of the cluster.'),
      index: z
        .string()
        .min(1)
        .default('bongsu-logs')
        .describe(
          'Name of the index. An index, alias or data stream of others, or a pattern such as `filebeat-*`, is only read.',
        ),
      fields: foreignFields,
      cacheLines,
      ca: authority,
      fingerprint: z
        .string()
        .min(1)
        .optional()
        .describe('SHA-256 of the certificate of that authority in hex, instead of `ca`.'),
      apiKey: z.string().min(1).optional().describe('API key, instead of a user and a password.'),
    }),
    z.strictObject({
      kind: z
        .literal('opensearch')
        .describe('Indices of others in an OpenSearch cluster, which are only read.'),
      url: httpUrl.describe('Address of the cluster.'),
      index: z
        .string()
        .min(1)
        .describe(
          'Names of indices, aliases or data streams, or patterns such as `logs-*`, with commas between.',
        ),
      fields: foreignFields,
      cacheLines,
      ca: authority,
    }),
  ])
  .prefault({ kind: 'sqlite' })
  .describe('Where log records are stored and searched.');

const stateSection = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sqlite').describe('A database file in `dataDir`, for `--role all`.') }),
    z.strictObject({
      kind: z.literal('redis').describe('A Redis server.'),
      url: redisUrl.describe('Address of the server.'),
      ca: redisAuthority,
      prefix: z.string().default('bongsu:').describe('Beginning of all its keys.'),
    }),
  ])
  .prefault({ kind: 'sqlite' })
  .describe('Where incidents, the outbox and what was learned are kept.');

const queueSection = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z
        .literal('embedded')
        .describe('A PostgreSQL in `dataDir`, started when first used, for `--role all`.'),
    }),
    z.strictObject({
      kind: z.literal('redis').describe('A Redis server.'),
      url: redisUrl.describe('Address of the server.'),
      ca: redisAuthority,
      prefix: z.string().default('bongsu').describe('Beginning of all its keys.'),
    }),
  ])
  .prefault({ kind: 'embedded' })
  .describe('Where jobs wait for a worker.');

const listenHost = z.string().min(1).default('127.0.0.1').describe('Address it listens on.');
const listenPort = (standard: number) =>
  z.int().min(0).max(65_535).default(standard).describe('Port it listens on; 0: any that is free.');

const tls = z.strictObject({
  cert: z.string().min(1).describe('File with the certificate, as PEM.'),
  key: z.string().min(1).describe('File with its private key, as PEM.'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('File with a certificate authority: senders must then show a certificate it signed.'),
});
const optionalTls = tls.optional().describe('Speaks TLS.');

const collectSection = z
  .strictObject({
    syslog: z
      .strictObject({
        udp: z
          .strictObject({ host: listenHost, port: listenPort(5514) })
          .optional()
          .describe('Over UDP.'),
        tcp: z
          .strictObject({ host: listenHost, port: listenPort(5514) })
          .optional()
          .describe('Over TCP.'),
        tls: tls
          .extend({ host: listenHost, port: listenPort(6514) })
          .optional()
          .describe('Over TLS.'),
      })
      .optional()
      .describe('Syslog, RFC 3164 and RFC 5424.'),
    beats: z
      .strictObject({ host: listenHost, port: listenPort(5044), tls: optionalTls })
      .optional()
      .describe('Lumberjack v2: Filebeat, Winlogbeat, Logstash.'),
    otlp: z
      .strictObject({
        grpc: z
          .strictObject({ host: listenHost, port: listenPort(4317), tls: optionalTls })
          .optional()
          .describe('Over gRPC.'),
        http: z
          .strictObject({ host: listenHost, port: listenPort(4318), tls: optionalTls })
          .optional()
          .describe('Over HTTP, as protobuf or JSON.'),
      })
      .optional()
      .describe('OpenTelemetry logs.'),
    files: z
      .array(z.string().min(1))
      .default([])
      .describe('Paths and globs of files that are followed, over rotation and restarts.'),
    limits: z
      .strictObject({
        connections: z
          .int()
          .positive()
          .default(500)
          .describe('Connections of one listener at the same time.'),
        messageBytes: z
          .int()
          .min(1_024)
          .max(16_777_216)
          .default(1_048_576)
          .describe(
            'Longest single message in bytes; a request with many messages may have sixteen times as much.',
          ),
        waitingBytes: z
          .int()
          .min(1_048_576)
          .default(67_108_864)
          .describe(
            'Bytes of all that was received or unpacked and is not stored yet, over all listeners; above it, reading waits.',
          ),
        linesPerSecond: z
          .int()
          .positive()
          .default(50_000)
          .describe(
            'Lines per second of one sender (address); above it, the sender is slowed down, or refused where that cannot be done.',
          ),
      })
      .prefault({})
      .describe('How much listeners take.'),
  })
  .prefault({})
  .describe(
    'What is collected besides the topic of log lines; each collector is off unless its section is there.',
  );

const sendSection = z
  .strictObject({
    syslog: z
      .strictObject({
        host: z.string().min(1).describe('Host of the receiver.'),
        port: z.int().min(1).max(65_535).default(6514).describe('Port of the receiver.'),
        tls: z.boolean().default(false).describe('Speaks TLS instead of plain TCP.'),
        ca: z
          .string()
          .min(1)
          .optional()
          .describe(
            'File with the certificate authority of the receiver, where the system does not know it.',
          ),
      })
      .optional()
      .describe('Syslog, RFC 5424 with octet counting, over TCP or TLS.'),
    mqtt: z
      .strictObject({
        url: z
          .url({ protocol: /^(?:mqtts?|wss?)$/, error: 'must be an address such as mqtt://host:1883' })
          .describe('Address of the broker: `mqtt`, `mqtts`, `ws` or `wss`.'),
        topic: z.string().min(1).default('bongsu/anomalies').describe('Topic it publishes to.'),
        username: z.string().optional().describe('User at the broker.'),
        password: z.string().optional().describe('Password of that user.'),
      })
      .optional()
      .describe('An MQTT broker.'),
    otlp: z
      .strictObject({
        url: httpUrl.describe(
          'Address of the collector: `http://host:4317` for `grpc`, `http://host:4318/v1/logs` for the others.',
        ),
        protocol: z
          .enum(['grpc', 'http/protobuf', 'http/json'])
          .default('http/protobuf')
          .describe('How it is sent.'),
      })
      .optional()
      .describe('An OpenTelemetry collector.'),
    buffer: z
      .int()
      .positive()
      .default(10_000)
      .describe(
        'Anomalies kept for a receiver that is away; above it, the oldest is dropped, which is counted and shown.',
      ),
  })
  .prefault({})
  .describe(
    'Where anomalies are sent besides the topic of anomalies; each is off unless its section is there.',
  );

const slack = z.strictObject({
  kind: z.literal('slack').describe('A Slack workspace.'),
  channel: z.string().min(1).describe('Id of the channel alerts go to, `C…`.'),
  mode: z
    .enum(['socket', 'http'])
    .default('socket')
    .describe(
      'How Slack reaches the bot: over a connection the bot opens (Socket Mode), or by HTTP requests.',
    ),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8084)
    .describe('Port that receives these requests when `mode` is `http`.'),
  apiUrl: httpUrl.default('https://slack.com/api/').describe("Address of Slack's API."),
  botToken: z.string().optional().describe('Bot token, `xoxb-…`.'),
  appToken: z.string().optional().describe('App token for Socket Mode, `xapp-…`.'),
  signingSecret: z
    .string()
    .optional()
    .describe('Secret that requests are signed with when `mode` is `http`.'),
});

const discord = z.strictObject({
  kind: z.literal('discord').describe('A Discord server.'),
  channel: z.string().min(1).describe('Id of the channel alerts go to (a snowflake).'),
  guild: z
    .string()
    .optional()
    .describe(
      'Id of the one server the slash command is registered for, at once; registered for all of them when absent, which takes up to an hour.',
    ),
  apiUrl: httpUrl.default('https://discord.com/api').describe("Address of Discord's API."),
  token: z.string().optional().describe('Bot token.'),
});

const deliverySection = z
  .strictObject({
    fallback: z
      .strictObject({
        chat: z
          .enum(['slack', 'discord', 'console'])
          .describe('A chat that is configured, or the console, which always is there.'),
        channel: z.string().min(1).max(200).describe('Id of a channel of that chat.'),
      })
      .optional()
      .describe('Where alerts go whose channel is closed to the bot.'),
    removed: z
      .enum(['post', 'mute'])
      .default('post')
      .describe(
        'What follows when the message of an incident was removed; platforms do not say by whom, or whether by a rule. ' +
          '`post`: it is posted anew when the incident goes on or gets worse. `mute`: the incident is muted for a day.',
      ),
  })
  .prefault({})
  .describe('What becomes of alerts whose channel is closed to the bot, or whose message was removed.');

const maskSection = z
  .strictObject({
    chat: z
      .enum(['secrets', 'all', 'none'])
      .default('all')
      .describe(
        'What is hidden in all that goes to a chat, and to an output of `send`. `secrets`: credentials. `all`: personal data too, ' +
          'such as numbers, names and addresses of people, and addresses of machines outside of private networks. `none`: nothing. ' +
          'The console page is not outside: it shows lines in full.',
      ),
  })
  .prefault({})
  .describe('What is hidden from those who read chats; what models outside are told: `answers.mask`.');

const detectSection = z
  .strictObject({
    warmup: z
      .int()
      .min(0)
      .default(200)
      .describe('Records each detector learns from before it scores anything.'),
    bucketMs: milliseconds
      .default(10_000)
      .describe('Width of the buckets rates are counted in, in milliseconds.'),
    warning: z.number().min(0).max(1).default(0.6).describe('Confidence from which an anomaly is a warning.'),
    critical: z
      .number()
      .min(0)
      .max(1)
      .default(0.85)
      .describe('Confidence from which an anomaly is critical.'),
  })
  .refine(({ warning, critical }) => warning <= critical, {
    path: ['warning'],
    error: ({ input }) =>
      `must not be above detect.critical (${(input as { critical: number }).critical}), or what is critical would not be told`,
  })
  .prefault({})
  .describe('How anomalies are found.');

/** All of the configuration; `docs/config.md` is made from it. */
export const configSchema = z.strictObject({
  language: z
    .enum(LANGUAGES)
    .default('en')
    .describe("Language of alerts, and of the console until a person's own is known."),
  timeZone: timeZone
    .default('UTC')
    .describe('IANA time zone of times shown to people, and of log lines that name none.'),
  dataDir: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder of the embedded backends, relative to the configuration file.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe("How much the program's own log says."),
  http: httpSection,
  bus: busSection,
  topics: topicsSection,
  logs: logsSection,
  state: stateSection,
  queue: queueSection,
  models: modelsSchema,
  prices: pricesSchema,
  answers: answersSchema,
  jobs: jobsSchema,
  collect: collectSection,
  hooks: hooksSchema,
  send: sendSection,
  chats: z
    .array(z.discriminatedUnion('kind', [slack, discord]))
    .default([])
    .describe('Where alerts go and questions come from. The console is always there in role `all`.'),
  mask: maskSection,
  detect: detectSection,
  incidents: incidentsSchema,
  delivery: deliverySection,
  routes: routesSchema,
  escalation: escalationSchema,
  roles: rolesSchema,
  bot: botSchema,
});

type Parsed = z.infer<typeof configSchema>;

/** The schema with the rules that concern several sections at once. */
export const checkedSchema = configSchema
  .superRefine(checkModels)
  .superRefine(checkFallback)
  .superRefine(checkJobs)
  .superRefine(checkHooks);

/** A fallback chat that does not exist would otherwise be noticed only when it is needed. */
function checkFallback(config: Pick<Parsed, 'delivery' | 'chats'>, context: z.RefinementCtx): void {
  const { fallback } = config.delivery;
  if (!fallback || fallback.chat === 'console') return;
  if (config.chats.some(({ kind }) => kind === fallback.chat)) return;
  context.addIssue({
    code: 'custom',
    path: ['delivery', 'fallback', 'chat'],
    message: `"${fallback.chat}" is not among chats`,
  });
}
