import type { LogFilter, LogStore } from '../backends/logs/store.ts';
import type { JobHandler, Queue } from '../backends/queue/queue.ts';
import { allIncidents } from '../backends/state/all-incidents.ts';
import { openRegistry } from '../backends/state/registry.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import { type Incident, isListed, needsThread } from '../domain/alert/incident.ts';
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
const BUCKET_MS = { day: HOUR, week: 6 * HOUR };
/** Names of models in the health of backends begin with this. */
const MODEL = 'model:';
/** The latest jobs, from which those of the period are taken. */
const JOBS = 200;
/** Errors rose if there are this many times more than before, and the difference is this many standard deviations. */
const ROSE = { times: 2, deviations: 3 };

export type Team = Config['jobs']['digest']['teams'][number];

export interface DigestParts {
  logs: LogStore;
  state: StateStore;
  queue: Pick<Queue, 'list' | 'counts'>;
  teams: readonly Team[];
  timeZone: string;
  /** How long a digest is kept, in days; 90 when absent. */
  keepDays?: number;
  /** How many examples a training needs, to say how many are missing. */
  gate?: Pick<GateLimits, 'trainAtLeast' | 'testAtLeast'>;
  backendsHealth: () => Promise<Record<string, Health>>;
  now?: () => number;
}

/** A team's digest of a day or a week. It is made once for each period: everyone who asks again gets the same. */
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
    // While a period is not over its figures still change.
    if (report.window.to <= report.madeAt)
      await state.commit({ put: [{ kind: 'digest', id, value: report, ttlMs: keepDays * DAY }] });
    return report;
  };
}

/** Collects the figures of one period; each of them comes from a query. */
export async function makeDigest(
  parts: DigestParts,
  team: Team,
  period: DigestPeriod,
  timeZone: string,
  signal?: AbortSignal,
): Promise<DigestReport> {
  const { state, queue, gate = GATE_LIMITS, now = Date.now } = parts;
  const window = periodWindow(period, timeZone);
  const days = period.span === 'day' ? 1 : 7;
  const earlier = periodWindow({ ...period, day: plusDays(period.day, -days) }, timeZone);

  const touched = await incidentsIn(state, window, team.services, signal);
  const [logs, health, jobs, counts, cost, trained] = await Promise.all([
    logFigures(parts.logs, team, { window, earlier, bucketMs: BUCKET_MS[period.span] }),
    parts.backendsHealth(),
    queue.list(['done', 'failed'], JOBS),
    queue.counts(),
    spentIn(state, period),
    openRegistry(state).history('alerts'),
  ]);
  signal?.throwIfAborted();
  const { active, ...incidents } = incidentFigures(touched, window);
  const ended = jobs.filter(({ createdAt }) => isIn(createdAt, window));
  const failed = ended.filter((job) => job.state === 'failed').length;
  const done = ended.filter((job) => job.state === 'done').length;
  const errorsRose = rose(logs.errors, logs.before.errors);
  const night = period.span === 'day' ? trained.find(({ at }) => isIn(at, window)) : undefined;
  return {
    ...period,
    team: team.name,
    window,
    quiet: active.length === 0 && logs.newTemplateCount === 0 && failed === 0 && !errorsRose,
    ...incidents,
    logs,
    ...(cost ? { cost } : {}),
    ...(night?.reason === 'too_few' ? { training: lacking(night, gate) } : {}),
    jobs: { done, failed, waiting: counts.waiting },
    models: Object.entries(health)
      .filter(([name]) => name.startsWith(MODEL))
      .map(([name, { ok }]) => ({ name: name.slice(MODEL.length), ok })),
    madeAt: now(),
  };
}

/**
 * The figures of incidents.
 * @param touched incidents that were open in the window or later
 * @returns `active` are those of them that people were told of and that were open in the window
 */
function incidentFigures(
  touched: readonly Incident[],
  window: TimeWindow,
): Pick<DigestReport, 'incidents' | 'keptQuiet' | 'warnings' | 'noisiest'> & { active: Incident[] } {
  const told = touched.filter((incident) => needsThread(incident));
  const suppressed = touched.filter((incident) => incident.suppression && isIn(openedAt(incident), window));
  const warnings = touched.filter(
    (incident) =>
      isListed(incident) &&
      !needsThread(incident) &&
      !incident.suppression &&
      isIn(openedAt(incident), window),
  );
  // An incident that opened before and went on counts too: an outage over midnight belongs to both days.
  const active = told.filter((incident) => openedAt(incident) < window.to);
  const opened = active.filter((incident) => isIn(openedAt(incident), window));
  const resolved = told.filter((incident) => isIn(resolvedAt(incident), window));
  const acknowledgeMs = median(opened.map((one) => between(openedAt(one), acknowledgedAt(one))));
  const resolveMs = median(resolved.map((one) => between(openedAt(one), resolvedAt(one))));
  return {
    active,
    incidents: {
      opened: opened.length,
      recurring: opened.filter(({ identity: { occurrence } }) => occurrence > 1).length,
      resolved: resolved.length,
      open: active.filter(({ lifecycle: { state } }) => state !== 'resolved').length,
      ...(active.length > opened.length ? { carried: active.length - opened.length } : {}),
      ...(acknowledgeMs === undefined ? {} : { acknowledgeMs }),
      ...(resolveMs === undefined ? {} : { resolveMs }),
      top: worst(active),
    },
    ...(warnings.length > 0 ? { warnings: { count: warnings.length, listed: worst(warnings) } } : {}),
    ...(suppressed.length > 0 ? { keptQuiet: { count: suppressed.length, listed: worst(suppressed) } } : {}),
    noisiest: noisiest(active),
  };
}

/** The figures of the log store, beside those of the period before. */
async function logFigures(
  logs: LogStore,
  team: Team,
  { window, earlier, bucketMs }: { window: TimeWindow; earlier: TimeWindow; bucketMs: number },
): Promise<DigestReport['logs']> {
  const filter: LogFilter = team.services ? { services: [...team.services] } : {};
  const [series, before, failing] = await Promise.all([
    logs.histogram({ ...filter, ...window }, bucketMs),
    logs.histogram({ ...filter, ...earlier }, bucketMs),
    logs.counts({ ...filter, ...window, levels: LEVELS.filter(isError) }, 'template', TEMPLATES),
  ]);
  const templateIds = failing.map(({ key }) => key);
  const failedEarlier =
    failing.length > 0
      ? await logs.counts({ ...filter, ...earlier, templateIds }, 'template', TEMPLATES)
      : [];
  const known = new Set(failedEarlier.map(({ key }) => key));
  const newOnes = failing.filter(({ key }) => !known.has(key));
  const sum = (buckets: typeof series, what: 'total' | 'errors'): number =>
    buckets.reduce((total, bucket) => total + bucket[what], 0);
  return {
    lines: sum(series, 'total'),
    errors: sum(series, 'errors'),
    before: { lines: sum(before, 'total'), errors: sum(before, 'errors') },
    newTemplates: newOnes
      .sort((a, b) => b.errors - a.errors || (a.key < b.key ? -1 : 1))
      .slice(0, NEW_TEMPLATES)
      .map(({ label, count, errors }) => ({ pattern: label, count, errors })),
    newTemplateCount: newOnes.length,
    series,
  };
}

/**
 * Every incident of a team's services that was open in the window or later. They are sorted by when they were seen last;
 * an incident may have gone silent long before it was resolved, so all that are kept are read.
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
  const all = await allIncidents(state, signal);
  return all.filter((one) => (endOf(one) ?? Number.POSITIVE_INFINITY) >= window.from && ours(one));
}

/** How many examples a training found, and how many it needs. */
const lacking = (
  { card }: TuningRecord,
  { trainAtLeast, testAtLeast }: Pick<GateLimits, 'trainAtLeast' | 'testAtLeast'>,
): DigestReport['training'] => ({ ...card.counts.alerts, trainAtLeast, testAtLeast });

/** What models cost on the days of a period; undefined if nothing was stored about them. */
async function spentIn(state: StateStore, { span, day }: DigestPeriod): Promise<DigestReport['cost']> {
  const days = Array.from({ length: span === 'day' ? 1 : 7 }, (_, index) => plusDays(day, index));
  const kept = await Promise.all(days.map((one) => state.get('spend', one)));
  const found = kept.filter((one) => one !== undefined).map(({ value }) => value.all);
  if (found.length === 0) return undefined;
  const all = found.reduce(addSpent);
  return { usd: all.usd, tokens: tokensIn(all), answers: all.calls };
}

const isIn = (at: number | undefined, { from, to }: TimeWindow): boolean =>
  at !== undefined && at >= from && at < to;
/** What a file holds belongs to the days its lines speak of. */
const openedAt = (incident: Incident): number =>
  (incident.fromFile ? incident.activity.firstSeen : incident.lifecycle.openedAt) ??
  incident.lifecycle.history[0]?.at ??
  incident.activity.firstSeen;
const acknowledgedAt = ({ lifecycle: { history } }: Incident): number | undefined =>
  history.find(({ what }) => what === 'acknowledged' || what === 'assigned')?.at;
const resolvedAt = ({ lifecycle: { state, history } }: Incident): number | undefined =>
  state === 'resolved'
    ? history.findLast(({ what }) => what === 'resolved' || what === 'recovered')?.at
    : undefined;
/** When it was resolved; undefined if it is not. */
const endOf = (incident: Incident): number | undefined =>
  incident.lifecycle.state === 'resolved'
    ? (resolvedAt(incident) ?? incident.lifecycle.resolvedAt ?? incident.activity.lastSeen)
    : undefined;

/** Whether a count is much larger than before, by more than counts vary by chance (Poisson). */
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

/** The worst first, at most `TOP`. */
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

/** The problems that alerted more than once, those with the most alerts first. Occurrences of one key count together. */
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
