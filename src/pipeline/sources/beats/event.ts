import { z } from 'zod';
import type { SourceLine } from '../../../domain/log/source-line.ts';
import { jsonFields } from '../../normalize/structured.ts';

const text = z.string().min(1).max(4_096).optional().catch(undefined);
/** The fields of an event (Elastic Common Schema) that are used; the others are kept as they are. */
const event = z.looseObject({
  '@timestamp': z.union([z.string(), z.number()]).optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  log: z
    .looseObject({ file: z.looseObject({ path: text }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
  host: z
    .union([z.looseObject({ name: text, hostname: text }), z.string()])
    .optional()
    .catch(undefined),
  agent: z.looseObject({ name: text, hostname: text }).optional().catch(undefined),
});

/** Fields about the shipper itself. They say nothing about what happened. */
const SHIPPER = new Set(['@metadata', '@version', 'agent', 'ecs', 'input', 'beat', 'prospector']);

/**
 * One event as Beats and Logstash send it. Its message is the line; without one, the whole event is.
 * @param origin.position called with whether the event has a time of its own
 * @returns undefined when the text is no JSON object
 */
export function beatsLine(
  json: string,
  origin: { sender: string; receivedAt: number; position: (dated: boolean) => string },
): SourceLine | undefined {
  const object = jsonFields(json.trim());
  if (!object || Array.isArray(object)) return undefined;
  const known = event.parse(object);
  const path = known.log?.file?.path;
  const host =
    (typeof known.host === 'string' ? known.host : (known.host?.name ?? known.host?.hostname)) ??
    known.agent?.name ??
    known.agent?.hostname ??
    origin.sender;
  const fields = Object.fromEntries(Object.entries(object).filter(([name]) => !SHIPPER.has(name)));
  return {
    text: known.message ?? json,
    fields,
    source: `beats/${host}/${path ?? ''}`,
    position: origin.position(known['@timestamp'] !== undefined),
    hint: { host, timestamp: origin.receivedAt, ...(path ? {} : { service: 'beats' }) },
  };
}
