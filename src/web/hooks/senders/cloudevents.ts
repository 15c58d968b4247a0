import { z } from 'zod';
import { type HookAlert, type HookReader, labelsOf, readWith, text, time } from '../hook-alert.ts';
import { isOverWord, isStateWord } from '../words.ts';

const event = z.looseObject({
  specversion: z.string().regex(/^1\./, 'only version 1 is read'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: text,
  time: time.optional().catch(undefined),
  data: z.unknown(),
});
/** What is looked for in the data, whatever else is there. */
const known = z
  .looseObject({
    title: text,
    name: text,
    summary: text,
    message: text,
    description: text,
    status: text,
    state: text,
    severity: text,
    priority: text,
    level: text,
    service: text,
    key: text,
    url: text,
    labels: z.record(z.string(), z.unknown()).optional().catch(undefined),
  })
  .catch({});

const HEADER = 'ce-';
const LAST_WORD = /[.:/_-]([a-z]+)$/i;

/** In binary mode the attributes are headers, and the body is the data alone. */
function binary(headers: Readonly<Record<string, string | string[] | undefined>>, data: unknown): unknown {
  const attributes: [string, unknown][] = [];
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith(HEADER) && typeof value === 'string')
      attributes.push([name.slice(HEADER.length), decoded(value)]);
  return { ...Object.fromEntries(attributes), data };
}

/** Characters outside of ASCII are percent-encoded in headers. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function alertOf(given: z.output<typeof event>, receivedAt: number): HookAlert {
  const data = known.parse(given.data ?? {});
  const word = LAST_WORD.exec(given.type)?.[1];
  const typed = word !== undefined && isStateWord(word) ? word : undefined;
  const state = data.status ?? data.state ?? typed;
  const kind = typed === undefined ? given.type : given.type.slice(0, -typed.length - 1);
  const extension = (name: string): string | undefined =>
    typeof given[name] === 'string' ? given[name] : undefined;
  const title = data.title ?? data.name ?? data.summary ?? data.message ?? kind;
  const over = state !== undefined && isOverWord(state);
  const at = given.time ?? receivedAt;
  return {
    key: data.key || JSON.stringify([given.source, kind, given.subject]),
    name: title || kind,
    status: over ? 'resolved' : 'firing',
    since: at,
    ...(over ? { until: at } : {}),
    // Source and id together are an event's identity.
    state: JSON.stringify([given.source, given.id]),
    text: [data.summary, data.description, data.message].filter((one) => one && one !== title) as string[],
    severity: data.severity ?? data.priority ?? data.level ?? extension('severity'),
    ...(data.service ? { service: data.service } : {}),
    labels: labelsOf(data.labels, given.data),
    ...(data.url ? { url: data.url } : {}),
    ends: state !== undefined,
  };
}

/** CloudEvents 1.0 over HTTP: structured, batched, or binary. */
export const readCloudEvents: HookReader = ({ payload, headers, receivedAt }) => {
  const read = (one: unknown, path: string) =>
    readWith(event, one, path, (given) => alertOf(given, receivedAt));
  if (headers['ce-specversion'] !== undefined) return read(binary(headers, payload), '');
  return Array.isArray(payload)
    ? payload.flatMap((one, index) => read(one, String(index)))
    : read(payload, '');
};
