import { z } from 'zod';
import { type HookAlert, type HookReader, labelsOf, name, readWith, text, time } from '../hook-alert.ts';

const BEGINS = new Set(['created', 'unresolved']);
const ENDS = new Set(['resolved', 'archived', 'ignored']);

const envelope = z.looseObject({ action: z.string(), data: z.looseObject({}) });

const issueBody = z.looseObject({
  action: z.string(),
  data: z.looseObject({
    issue: z.looseObject({
      id: name,
      title: z.string().min(1),
      culprit: text,
      level: text,
      count: z.union([z.string(), z.number()]).optional().catch(undefined),
      firstSeen: time.optional().catch(undefined),
      lastSeen: time.optional().catch(undefined),
      permalink: text,
      web_url: text,
      project: z.looseObject({ slug: text, name: text }).optional().catch(undefined),
    }),
  }),
});

const eventBody = z.looseObject({
  data: z.looseObject({
    event: z.looseObject({
      event_id: name,
      issue_id: name.optional().catch(undefined),
      title: z.string().min(1),
      culprit: text,
      level: text,
      datetime: time,
      web_url: text,
      url: text,
      tags: z
        .array(z.tuple([z.string(), z.string()]))
        .optional()
        .catch(undefined),
    }),
    triggered_rule: text,
  }),
});

const metricBody = z.looseObject({
  action: z.enum(['critical', 'warning', 'resolved']),
  data: z.looseObject({
    metric_alert: z.looseObject({
      id: name,
      title: text,
      alert_rule: z.looseObject({ name: text }).optional().catch(undefined),
      date_started: time,
      date_closed: time.nullish().catch(undefined),
      projects: z.array(z.string()).optional().catch(undefined),
    }),
    description_title: text,
    description_text: text,
    web_url: text,
  }),
});

/** The slug of a project stands in the address of an event: `…/projects/ORGANISATION/PROJECT/events/…`. */
function projectIn(url: string | undefined): string | undefined {
  const parts = url?.slice(0, 2_000).split('/') ?? [];
  const at = parts.indexOf('projects');
  return at < 0 ? undefined : parts[at + 2];
}

const texts = (...given: (string | undefined)[]): string[] =>
  given.filter((one) => one !== undefined && one !== '') as string[];

function ofIssue(
  { action, data: { issue } }: z.output<typeof issueBody>,
  receivedAt: number,
): HookAlert | undefined {
  const over = ENDS.has(action);
  if (!over && !BEGINS.has(action)) return undefined;
  const began = action === 'created' ? issue.firstSeen : issue.lastSeen;
  const url = issue.web_url ?? issue.permalink;
  const service = issue.project?.slug ?? issue.project?.name;
  return {
    key: issue.id,
    name: issue.title,
    status: over ? 'resolved' : 'firing',
    since: over ? receivedAt : (began ?? receivedAt),
    // The payload has no id of its own: how often and when it was seen last tells one change from the next.
    state: [action, issue.count, issue.lastSeen].join(' '),
    text: texts(issue.title, issue.culprit),
    severity: issue.level,
    ...(service ? { service } : {}),
    labels: labelsOf({ project: service, culprit: issue.culprit }),
    ...(url ? { url } : {}),
    ends: true,
  };
}

function ofEvent({ data: { event, triggered_rule } }: z.output<typeof eventBody>): HookAlert {
  const service = projectIn(event.url) ?? projectIn(event.web_url);
  return {
    key: event.issue_id ?? event.event_id,
    name: event.title,
    status: 'firing',
    since: event.datetime,
    state: event.event_id,
    text: texts(event.title, event.culprit, triggered_rule),
    severity: event.level,
    labels: labelsOf(Object.fromEntries(event.tags ?? []), service ? { service } : {}),
    ...(event.web_url ? { url: event.web_url } : {}),
    // A rule says that it was triggered, and nothing afterwards.
    ends: false,
  };
}

function ofMetric({ action, data }: z.output<typeof metricBody>, receivedAt: number): HookAlert {
  const { metric_alert: metric } = data;
  const over = action === 'resolved';
  const [service] = metric.projects ?? [];
  return {
    key: metric.id,
    name: metric.alert_rule?.name ?? metric.title ?? data.description_title ?? 'metric alert',
    status: over ? 'resolved' : 'firing',
    since: metric.date_started,
    ...(over ? { until: metric.date_closed ?? receivedAt } : {}),
    state: `${action} ${metric.date_started}`,
    text: texts(data.description_title, data.description_text),
    severity: over ? undefined : action,
    ...(service ? { service } : {}),
    labels: labelsOf({ project: service }),
    ...(data.web_url ? { url: data.web_url } : {}),
    ends: true,
  };
}

/** Sentry's integration platform: issues, issue alerts and metric alerts. Other resources (installations, comments) are no alerts. */
export const readSentry: HookReader = ({ payload, receivedAt }) => {
  const read = envelope.safeParse(payload);
  if (!read.success) return readWith(envelope, payload, '', () => undefined);
  const { data } = read.data;
  if ('metric_alert' in data) return readWith(metricBody, payload, '', (body) => ofMetric(body, receivedAt));
  if ('event' in data) return readWith(eventBody, payload, '', ofEvent);
  if ('issue' in data && !('comment' in data))
    return readWith(issueBody, payload, '', (body) => ofIssue(body, receivedAt));
  return [];
};
