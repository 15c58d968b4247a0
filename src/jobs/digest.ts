import type { LogFilter, LogStore } from '../backends/logs/store.ts';
import type { JobHandler, Queue } from '../backends/queue/queue.ts';
import { openRegistry } from '../backends/state/registry.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import { type Incident, needsThread } from '../domain/alert/incident.ts';
import { AppError } from '../domain/errors.ts';
import type { Health } from '../domain/health.ts';
import {
  type DigestIncident,
  type DigestPeriod,
  type DigestReport,
  digestId,
  periodWindow,
} from '../domain/job/digest.ts';
import type { TuningRecord } from '../domain/job/job.ts';
import { GATE_LIMITS, type GateLimits, KEEP_DAYS } from '../domain/job/job.ts';
import { isError, LEVELS, type TimeWindow } from '../domain/log/record.ts';
import { addSpent, tokensIn } from '../domain/question/spend.ts';
import { plusDays } from '../domain/time/calendar.ts';
import { DAY, HOUR } from '../domain/time/units.ts';

const TOP = 10;
const NOISIEST = 3;
const NEW_TEMPLATES = 5;
const TEMPLATES = 10_000;
const PAGE = 1_000;
const BUCKET_MS = { day: HOUR, week: 6 * HOUR };
/** How the health of a model is named. */
const MODEL = 'model:';
/** Jobs that are looked through for those of the period. */
const JOBS = 200;
/** Errors rose when there are so many times more than before, and so many standard deviations of two such counts. */
const ROSE = { times: 2, deviations: 3 };

export type Team = Config['jobs']['digest']['teams'][number];

export interface DigestParts {
  logs: LogStore;
  state: StateStore;
  queue: Pick<Queue, 'list' | 'counts'>;
  teams: readonly Team[];
  timeZone: string;
  /** How long a digest can be read again, in days; 90 where nothing is said. */
  keepDays?: number;
  /** What a training needs, to say what it still lacks. */
  gate?: Pick<GateLimits, 'trainAtLeast' | 'testAtLeast'>;
  backendsHealth: () => Promise<Record<string, Health>>;
  now?: () => number;
}

/** A team's digest of a day or a week. Made once for each period; who asks again gets the same. */
export function digestHandler(parts: DigestParts): JobHandler<'digest'> {
  const { state, teams, timeZone, keepDays = KEEP_DAYS.digest } = parts;
  return async ({ team: name, span, day }, { signal, progress }) => {
    const team = teams.find((one) => one.name === name);
    if (!team) throw new AppError('not_found', `no team ${name} in jobs.digest.teams`);
    const id = digestId(name, { span, day });
    const made = await state.get('digest', id);
    if (made) return made.value;
    await progress({ fraction: 0.1, step: 'step.figures' });
    const report = await makeDigest(parts, team, { span, day }, team.timeZone ?? timeZone, signal);
    // Of a period that is not over yet the figures still change.
    if (report.window.to <= report.madeAt)
      await state.commit({ put: [{ kind: 'digest', id, value: report, ttlMs: keepDays * DAY }] });
    return report;
  };
}

/** Takes the figures of one period; every one of them comes from a query. */
export async function makeDigest(
  parts: DigestParts,
  team: Team,
  period: DigestPeriod,
  timeZone: string,
  signal?: AbortSignal,
): Promise<DigestReport> {
  const { logs, queue, gate = GATE_LIMITS, now = Date.now } = parts;
  const window = periodWindow(period, timeZone);
  const days = period.span === 'day' ? 1 : 7;
  const earlier = periodWindow({ ...period, day: plusDays(period.day, -days) }, timeZone);
  const filter: LogFilter = team.services ? { services: [...team.services] } : {};

  const touched = await incidentsIn(parts.state, window, team.services, signal);
  const told = touched.filter((incident) => needsThread(incident));
  const keptQuiet = touched.filter((incident) => incident.suppression && within(openedAt(incident), window));
  // Also what had opened before and went on: an outage over midnight is of both days.
  const active = told.filter((incident) => openedAt(incident) < window.to);
  const opened = active.filter((incident) => within(openedAt(incident), window));
  const resolved = told.filter((incident) => within(resolvedAt(incident), window));

  const [series, before, failing, health, jobs, counts, cost, trained] = await Promise.all([
    logs.histogram({ ...filter, ...window }, BUCKET_MS[period.span]),
    logs.histogram({ ...filter, ...earlier }, BUCKET_MS[period.span]),
    logs.counts({ ...filter, ...window, levels: LEVELS.filter(isError) }, 'template', TEMPLATES),
    parts.backendsHealth(),
    queue.list(['done', 'failed'], JOBS),
    queue.counts(),
    spentIn(parts.state, period),
    openRegistry(parts.state).history('alerts'),
  ]);
  signal?.throwIfAborted();
  const templateIds = failing.map(({ key }) => key);
  const earlierOnes =
    failing.length > 0
      ? await logs.counts({ ...filter, ...earlier, templateIds }, 'template', TEMPLATES)
      : [];
  const known = new Set(earlierOnes.map(({ key }) => key));
  const fresh = failing.filter(({ key }) => !known.has(key));
  const ended = jobs.filter(({ createdAt }) => within(createdAt, window));
  const sum = (buckets: typeof series, what: 'total' | 'errors'): number =>
    buckets.reduce((total, bucket) => total + bucket[what], 0);
  const recurring = opened.filter(({ identity: { occurrence } }) => occurrence > 1).length;
  const acknowledgeMs = median(opened.map((one) => between(openedAt(one), acknowledgedAt(one))));
  const resolveMs = median(resolved.map((one) => between(openedAt(one), resolvedAt(one))));

  const night = period.span === 'day' ? trained.find(({ at }) => within(at, window)) : undefined;
  const failed = ended.filter(({ state }) => state === 'failed').length;
  const errors = sum(series, 'errors');
  const errorsBefore = sum(before, 'errors');

  return {
    ...period,
    team: team.name,
    window,
    quiet: active.length === 0 && fresh.length === 0 && failed === 0 && !rose(errors, errorsBefore),
    incidents: {
      opened: opened.length,
      recurring,
      resolved: resolved.length,
      open: active.filter(({ lifecycle: { state } }) => state !== 'resolved').length,
      ...(active.length > opened.length ? { carried: active.length - opened.length } : {}),
      ...(acknowledgeMs === undefined ? {} : { acknowledgeMs }),
      ...(resolveMs === undefined ? {} : { resolveMs }),
      top: worst(active),
    },
    ...(keptQuiet.length > 0 ? { keptQuiet: { count: keptQuiet.length, listed: worst(keptQuiet) } } : {}),
    noisiest: noisiest(active),
    logs: {
      lines: sum(series, 'total'),
      errors,
      before: { lines: sum(before, 'total'), errors: errorsBefore },
      newTemplates: fresh
        .sort((a, b) => b.errors - a.errors || (a.key < b.key ? -1 : 1))
        .slice(0, NEW_TEMPLATES)
        .map(({ label, count, errors }) => ({ pattern: label, count, errors })),
      newTemplateCount: fresh.length,
      series,
    },
    ...(cost ? { cost } : {}),
    ...(night?.reason === 'too_few' ? { training: lacking(night, gate) } : {}),
    jobs: {
      done: ended.filter(({ state }) => state === 'done').length,
      failed,
      waiting: counts.waiting,
    },
    models: Object.entries(health)
      .filter(([name]) => name.startsWith(MODEL))
      .map(([name, { ok }]) => ({ name: name.slice(MODEL.length), ok })),
    madeAt: now(),
  };
}

/**
 * Every incident that was open in the window or later, with something of a team's services in it. They lie by when they
 * were seen last, which for one that went silent may be long before it was resolved: so all that are kept are looked at.
 */
async function incidentsIn(
  state: StateStore,
  window: TimeWindow,
  services: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Incident[]> {
  const ours = (incident: Incident): boolean =>
    !services ||
    services.includes(incident.service) ||
    incident.correlation.affected.some(({ service }) => services.includes(service));
  const found = new Map<string, Incident>();
  for (let from = Number.NEGATIVE_INFINITY; ; ) {
    signal?.throwIfAborted();
    const page = await state.list('incident', { from, limit: PAGE });
    for (const { id, value } of page)
      if ((endOf(value) ?? Number.POSITIVE_INFINITY) >= window.from && ours(value)) found.set(id, value);
    const last = page.at(-1)?.rank;
    if (page.length < PAGE || last === undefined) return [...found.values()];
    // More than a page of one instant cannot be told apart; its first ones have to do.
    from = last > from ? last : last + 1;
  }
}

/** What a training found too little of. */
const lacking = (
  { card }: TuningRecord,
  { trainAtLeast, testAtLeast }: Pick<GateLimits, 'trainAtLeast' | 'testAtLeast'>,
): DigestReport['training'] => ({ ...card.counts.alerts, trainAtLeast, testAtLeast });

/** What models cost on the days of a period; undefined where nothing is kept of them. */
async function spentIn(state: StateStore, { span, day }: DigestPeriod): Promise<DigestReport['cost']> {
  const days = Array.from({ length: span === 'day' ? 1 : 7 }, (_, index) => plusDays(day, index));
  const kept = await Promise.all(days.map((one) => state.get('spend', one)));
  const found = kept.filter((one) => one !== undefined).map(({ value }) => value.all);
  if (found.length === 0) return undefined;
  const all = found.reduce(addSpent);
  return { usd: all.usd, tokens: tokensIn(all), answers: all.calls };
}

const within = (at: number | undefined, { from, to }: TimeWindow): boolean =>
  at !== undefined && at >= from && at < to;
const openedAt = (incident: Incident): number =>
  incident.lifecycle.openedAt ?? incident.lifecycle.history[0]?.at ?? incident.activity.firstSeen;
const acknowledgedAt = ({ lifecycle: { history } }: Incident): number | undefined =>
  history.find(({ what }) => what === 'acknowledged' || what === 'assigned')?.at;
const resolvedAt = ({ lifecycle: { state, history } }: Incident): number | undefined =>
  state === 'resolved'
    ? history.findLast(({ what }) => what === 'resolved' || what === 'recovered')?.at
    : undefined;
/** When it was over; undefined while it is not. */
const endOf = (incident: Incident): number | undefined =>
  incident.lifecycle.state === 'resolved'
    ? (resolvedAt(incident) ?? incident.lifecycle.resolvedAt ?? incident.activity.lastSeen)
    : undefined;

/** Whether there are far more of something than before, beyond what counts vary by chance (Poisson). */
const rose = (now: number, before: number): boolean =>
  now >= ROSE.times * before && now - before > ROSE.deviations * Math.sqrt(now + before);
const between = (from: number, to: number | undefined): number | undefined =>
  to === undefined ? undefined : Math.max(0, to - from);

function median(values: (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The worst first, bounded. */
const worst = (incidents: readonly Incident[]): DigestIncident[] =>
  [...incidents]
    .sort((a, b) => b.severity - a.severity || b.activity.count - a.activity.count || (a.id < b.id ? -1 : 1))
    .slice(0, TOP)
    .map(brief);

const brief = (incident: Incident): DigestIncident => ({
  id: incident.id,
  service: incident.service,
  title: incident.title,
  status: incident.anomalyStatus,
  severity: incident.severity,
  occurrence: incident.identity.occurrence,
  count: incident.activity.count,
  firstSeen: incident.activity.firstSeen,
  resolved: incident.lifecycle.state === 'resolved',
});

/** The problems (occurrences of one key together) that alerted more than once, most first. */
function noisiest(incidents: readonly Incident[]): DigestReport['noisiest'] {
  const byKey = new Map<string, { latest: Incident; alerts: number }>();
  for (const incident of incidents) {
    const known = byKey.get(incident.identity.key);
    const latest =
      known && known.latest.activity.lastSeen > incident.activity.lastSeen ? known.latest : incident;
    byKey.set(incident.identity.key, { latest, alerts: (known?.alerts ?? 0) + incident.activity.count });
  }
  return [...byKey.values()]
    .filter(({ alerts }) => alerts > 1)
    .sort((a, b) => b.alerts - a.alerts || (a.latest.id < b.latest.id ? -1 : 1))
    .slice(0, NOISIEST)
    .map(({ latest, alerts }) => ({
      incidentId: latest.id,
      service: latest.service,
      title: latest.title,
      alerts,
    }));
}
