import { z } from 'zod';
import { type HookAlert, type HookReader, labelsOf, name, readWith, text, time } from '../hook-alert.ts';

/** Events that begin an alert or end it. Others (notes, responders, new owners) change nothing here. */
const BEGINS = new Set(['incident.triggered', 'incident.reopened']);
const ENDS = new Set(['incident.resolved']);

const envelope = z.looseObject({ event: z.looseObject({ event_type: z.string() }) });

const reference = z.looseObject({ summary: text }).nullish().catch(undefined);
const body = z.looseObject({
  event: z.looseObject({
    id: name,
    event_type: z.string(),
    occurred_at: time,
    data: z.looseObject({
      id: name,
      title: z.string().min(1),
      created_at: time.optional().catch(undefined),
      service: reference,
      priority: reference,
      urgency: text,
      html_url: text,
    }),
  }),
});

function alertOf({ event }: z.output<typeof body>): HookAlert {
  const { data } = event;
  const over = ENDS.has(event.event_type);
  const service = data.service?.summary;
  // What it began at may be before a reopening: of its end only the time of the event is sure.
  const since =
    event.event_type === 'incident.triggered' ? (data.created_at ?? event.occurred_at) : event.occurred_at;
  return {
    key: data.id,
    name: data.title,
    status: over ? 'resolved' : 'firing',
    since,
    ...(over ? { until: event.occurred_at } : {}),
    state: event.id,
    text: [data.title],
    severity: data.priority?.summary ?? data.urgency,
    ...(service ? { service } : {}),
    labels: labelsOf({ urgency: data.urgency }),
    ...(data.html_url ? { url: data.html_url } : {}),
    ends: true,
  };
}

/** PagerDuty's webhooks, version 3. */
export const readPagerDuty: HookReader = ({ payload }) => {
  const event = envelope.safeParse(payload);
  if (!event.success) return readWith(envelope, payload, '', () => undefined);
  const type = event.data.event.event_type;
  return BEGINS.has(type) || ENDS.has(type) ? readWith(body, payload, '', alertOf) : [];
};
