import { z } from 'zod';
import { answerWire } from '../domain/question/answer.ts';
import { analyzeBody } from './contract.ts';
import { jobWire } from './jobs.ts';
import { problemWire } from './problem.ts';

type JsonSchema = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const health = z.object({
  ok: z.boolean(),
  kind: z.string(),
  detail: z.string().optional(),
  mend: z.string().optional(),
  said: z
    .unknown()
    .optional()
    .describe('What detail and mend are made of: words of the catalogue with what is filled in'),
});
const status = z.enum(['ok', 'degraded', 'down']);
const healthAnswer = z.object({
  status,
  version: z.string(),
  uptime_s: z.number(),
  backends: z.record(z.string(), health),
});
const healthSample = z.object({
  gpus: z.array(
    z.object({
      name: z.string(),
      host: z.string().optional().describe('machine of the worker that has it'),
      memoryUsedMb: z.number().optional(),
      memoryTotalMb: z.number().optional(),
      powerW: z.number().optional(),
      temperatureC: z.number().optional(),
      utilisation: z.number().optional().describe('0 to 1'),
      throttled: z.array(z.enum(['power', 'thermal', 'hardware'])).optional(),
      processes: z
        .array(z.object({ pid: z.number(), name: z.string(), memoryMb: z.number().optional() }))
        .optional(),
      mig: z.array(z.string()).optional().describe('profiles of its MIG devices'),
    }),
  ),
  cpu: z.object({ load: z.number().describe('0 to 1, over all cores'), cores: z.number() }),
  memory: z.object({ usedMb: z.number(), totalMb: z.number() }),
  at: z.number(),
  status,
  backends: z.record(z.string(), health.extend({ ko: health.pick({ detail: true, mend: true }) })),
});

const hookAnswer = z.object({
  alerts: z.int(),
  refused: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, schema: JsonSchema): JsonSchema => ({
  description,
  content: { 'application/json': { schema } },
});
const text = (description: string, type: string): JsonSchema => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
});
const refused: JsonSchema = {
  description: 'RFC 9457 problem details',
  content: { 'application/problem+json': { schema: ref('Problem') } },
};

const ANALYSES = {
  oneOf: [
    ref('Answer'),
    {
      type: 'object',
      required: ['results'],
      properties: {
        results: { type: 'array', items: { oneOf: [ref('Answer'), ref('Problem')] } },
      },
    },
  ],
};

const PATHS: JsonSchema = {
  '/analyze': {
    post: {
      operationId: 'analyze',
      summary: 'Analyze pasted log text',
      requestBody: {
        required: true,
        content: { 'application/json': { schema: ref('AnalyzeRequest') } },
      },
      responses: {
        200: {
          description:
            'The answer; for `texts` one result per text, in order. With `stream` server-sent events `read` (what the text holds, in sentences), `step`, `draft`, `text`, `answer`, `problem`, and `end` as the last.',
          content: {
            'application/json': { schema: ANALYSES },
            'text/event-stream': { schema: { type: 'string' } },
          },
        },
        default: refused,
      },
    },
  },
  '/hooks/{name}': {
    post: {
      operationId: 'hook',
      summary: 'Take in alerts of another system',
      description:
        'The body has the form of its sender: `alertmanager`, `grafana`, `pagerduty`, `sentry`, `opsgenie`, `cloudevents`, or what `hooks.senders` says of another name. A hook has a secret of its own (`BONGSU_HOOK_SECRET_<NAME>`): sent as a Bearer token, as the password of Basic authentication, or proven by the signature of the sender.',
      security: [],
      parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
      requestBody: { required: true, content: { 'application/json': { schema: {} } } },
      responses: {
        202: json(
          'They are stored safely; `refused` names what could not be read',
          schemaOf(hookAnswer, 'output'),
        ),
        429: refused,
        503: refused,
        default: refused,
      },
    },
  },
  '/fine-tune': {
    post: {
      operationId: 'fineTune',
      summary: 'Start a fine-tune by hand',
      responses: {
        202: {
          ...json('Accepted', { type: 'object', properties: { id: { type: 'string' } } }),
          headers: {
            location: { description: 'Where the job is asked for', schema: { type: 'string' } },
          },
        },
        501: refused,
        default: refused,
      },
    },
  },
  '/jobs/{id}': {
    get: {
      operationId: 'job',
      summary: 'How a job is: its state, how far it is, and what came of it',
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      responses: { 200: json('The job', ref('Job')), 404: refused, default: refused },
    },
  },
  '/replay': {
    post: {
      operationId: 'replay',
      summary: 'Send the recorded incident through the pipeline of this process',
      responses: {
        200: {
          description:
            'Server-sent events `progress` ({done, total} lines), then `end` ({lines}) or `problem`; hanging up stops it',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
        409: refused,
        501: refused,
        default: refused,
      },
    },
  },
  '/health': {
    get: {
      operationId: 'health',
      summary: 'Whether the server and each backend are well',
      security: [],
      responses: {
        200: json(
          'Everything needed works (`degraded`: a configured model, a chat, a collector or an output is missing)',
          ref('Health'),
        ),
        503: json('A needed backend is down', ref('Health')),
      },
    },
  },
  '/health_stream': {
    get: {
      operationId: 'healthStream',
      summary: 'GPU, CPU, memory and backends every two seconds',
      responses: {
        200: {
          description: 'Server-sent events; `data` is a HealthSample',
          content: { 'text/event-stream': { schema: ref('HealthSample') } },
        },
        default: refused,
      },
    },
  },
  '/reports/{file}': {
    get: {
      operationId: 'report',
      summary: 'The report of a heavy analysis',
      parameters: [
        {
          name: 'file',
          in: 'path',
          required: true,
          description: 'The id of the job, alone (HTML) or with `.html` or `.json`',
          schema: { type: 'string' },
        },
        { name: 'language', in: 'query', schema: { type: 'string', enum: ['ko', 'en'] } },
        { name: 'download', in: 'query', description: 'Save it as a file', schema: { type: 'string' } },
      ],
      responses: { 200: text('The report', 'text/html'), default: refused },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      summary: 'Metrics for Prometheus',
      responses: { 200: text('Prometheus text format', 'text/plain'), default: refused },
    },
  },
};

const SCHEMAS = {
  AnalyzeRequest: schemaOf(analyzeBody, 'input'),
  Answer: schemaOf(answerWire, 'output'),
  Job: schemaOf(jobWire, 'output'),
  Problem: schemaOf(problemWire, 'output'),
  Health: schemaOf(healthAnswer, 'output'),
  HealthSample: schemaOf(healthSample, 'output'),
};

/** The OpenAPI 3.1 description of the public API, made from the schemas that check the requests. */
export function openApi(version: string, token: boolean): JsonSchema {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bongsu',
      version,
      description: 'Analyzes log text, and tells how the server and its backends are.',
    },
    ...(token ? { security: [{ bearer: [] }] } : {}),
    paths: PATHS,
    components: {
      schemas: SCHEMAS,
      ...(token ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}
