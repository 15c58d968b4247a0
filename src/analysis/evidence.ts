import type { LogCount, RequestStats } from '../backends/logs/store.ts';
import type { Level, LogRecord, TimeWindow } from '../domain/record.ts';
import { learnDirectory } from './directory.ts';
import { type FailureKind, failureKind, isFrame, isRoot, recordFailure, saying } from './failure.ts';
import { canonicalName, type Directory, type Mention, mentions } from './names.ts';
import { type LogReader, maskPattern } from './reader.ts';
import { findSilences, type ServiceFacts, serviceFacts } from './services.ts';
import type { Span } from './window.ts';

/** Lines of one template by one service that tell of a failure. */
export interface FailureGroup {
  templateId: string;
  pattern: string;
  service: string;
  kind: FailureKind;
  /** Lines in the window and, for the same length of time, before it (may be a fraction). */
  count: number;
  before: number;
  first: number;
  last: number;
  /** Services named as failing, with the number of sampled lines that do. */
  targets: (Mention & { lines: LogRecord[] })[];
  /** Newest first. */
  lines: LogRecord[];
}

export interface TemplateChange {
  kind: 'new' | 'rising' | 'vanished' | 'rare';
  templateId: string;
  pattern: string;
  count: number;
  before: number;
  lines: LogRecord[];
}

/** What the logs say about a span of time. Counts are exact, from the store; lines are samples with their ids. */
export interface Evidence {
  span: Span;
  records: number;
  errors: number;
  services: ServiceFacts[];
  directory: Directory;
  failures: FailureGroup[];
  changes: TemplateChange[];
  templates: LogCount[];
  errorCodes: LogCount[];
  /** Restarts, deployments, configuration lines around the window, oldest first. */
  events: LogRecord[];
  /** Services that stopped talking inside the window, with their last line. */
  silences: { service: string; last: LogRecord }[];
  requests: RequestStats;
}

const TEMPLATES = 3_000;
const SUSPECTS = 80;
/** Lines looked at per failing template: many of the most suspicious ones, which may say several things. */
const SAMPLE = 24;
const WIDE_SAMPLE = 240;
const WIDE = 16;
const CHANGES = 12;
const EVENT =
  /\b(?:re-?start\w*|starting|started|stopped|stopping|shut(?:ting)? ?down|deploy\w*|rollout|roll(?:ed|ing)? ?back|upgrad\w*|config\w* (?:changed|reloaded|loaded|applied|updated)|reload\w*|scal(?:ed|ing) (?:up|down|to)|failover|leader|migrat\w*|feature flag|version)\b|재시작|재기동|배포|롤백|설정.{0,6}(?:변경|적용)/i;

/**
 * Collects the evidence for a span: which templates fail, are new, rise or vanish, who names whom, restarts,
 * silences, error codes and request figures. Work is bounded by templates and samples, not by lines.
 * @param options.catalogue names of services that exist even if none of their lines is here
 */
export async function gatherEvidence(
  logs: LogReader,
  span: Span,
  options: { services?: string[]; catalogue?: readonly string[]; signal?: AbortSignal } = {},
): Promise<Evidence> {
  const only = options.services ? { services: options.services } : {};
  const now = { ...only, ...span.window };
  const before = span.baseline && { ...only, ...span.baseline };
  const none: LogCount[] = [];
  const [services, servicesBefore, templates, templatesBefore, errorCodes, levels, warned, requests] =
    await Promise.all([
      logs.counts(now, 'service', 1_000),
      before ? logs.counts(before, 'service', 1_000) : none,
      logs.counts(now, 'template', TEMPLATES),
      before ? logs.counts(before, 'template', 2 * TEMPLATES) : none,
      logs.counts(now, 'error_code', 20),
      logs.counts(now, 'level', 10),
      logs.counts({ ...now, levels: ['warn'] }, 'template', 500),
      logs.requests(now),
    ]);
  options.signal?.throwIfAborted();
  const scale = span.baseline ? length(span.window) / length(span.baseline) : 0;
  const earlier = new Map(templatesBefore.map((entry) => [entry.key, entry.count * scale]));

  const sample = async (
    id: string,
    window: TimeWindow,
    options_: { limit: number; order: 'newest' | 'oldest'; levels?: Level[] },
  ): Promise<LogRecord[]> => {
    const { limit, order, levels: wanted } = options_;
    const filter = { ...only, ...window, templateIds: [id], ...(wanted ? { levels: wanted } : {}) };
    return (await logs.search(filter, { limit, order, signal: options.signal })).records;
  };

  const warns = new Set(warned.map((entry) => entry.key));
  const suspects = templates
    .filter((entry) => entry.errors > 0 || failureKind(entry.label) || warns.has(entry.key))
    .filter((entry) => !isFrame(entry.label))
    .sort((a, b) => suspicion(b, earlier) - suspicion(a, earlier))
    .slice(0, SUSPECTS);
  const sampled: Sampled[] = [];
  for (const [index, entry] of suspects.entries()) {
    // A template that is calm at times is asked for its errors only, and counted by them.
    const mixed = entry.errors > 0 && entry.errors < entry.count;
    const levels = mixed ? { levels: ['error', 'fatal'] as Level[] } : {};
    const limit = index < WIDE ? WIDE_SAMPLE : SAMPLE;
    const newest = await sample(entry.key, span.window, { limit, order: 'newest', ...levels });
    const count = mixed ? entry.errors : entry.count;
    const oldest =
      count > newest.length
        ? await sample(entry.key, span.window, { limit: limit / 4, order: 'oldest', ...levels })
        : [];
    const seen = new Set(newest.map((record) => record.id));
    const all = [...newest, ...oldest.filter((record) => !seen.has(record.id)).reverse()];
    const lines = all.filter((record) => recordFailure(record) !== undefined);
    sampled.push({ entry, lines, count: all.length > 0 ? (count * lines.length) / all.length : 0 });
    options.signal?.throwIfAborted();
  }

  const directory = await learnDirectory(
    logs,
    span,
    [...services, ...servicesBefore],
    [...templates, ...templatesBefore],
    sampled.flatMap((one) => one.lines),
    options.catalogue,
  );
  const missing = (options.catalogue ?? [])
    .map((name) => canonicalName(name, directory.own))
    .filter((name) => !directory.own.has(name));
  const absent = missing.length === 1 ? missing[0] : undefined;
  const failures = sampled.flatMap((one) => groups(one, directory, earlier.get(one.entry.key) ?? 0, absent));
  const failing = new Set(failures.map((group) => group.templateId));

  const changes: TemplateChange[] = [];
  const change = async (
    kind: TemplateChange['kind'],
    entries: LogCount[],
    window: TimeWindow | undefined,
  ) => {
    if (!window) return;
    for (const entry of entries.slice(0, CHANGES)) {
      const lines = await sample(entry.key, window, { limit: 2, order: 'oldest' });
      changes.push({
        kind,
        templateId: entry.key,
        pattern: entry.label,
        count: kind === 'vanished' ? 0 : entry.count,
        before: kind === 'vanished' ? entry.count : Math.round(earlier.get(entry.key) ?? 0),
        lines,
      });
    }
  };
  if (before) {
    const present = new Set(templates.map((entry) => entry.key));
    const fresh = templates.filter((entry) => !earlier.has(entry.key) && !failing.has(entry.key));
    await change(
      'new',
      fresh.filter((entry) => entry.count > 2),
      span.window,
    );
    await change(
      'rare',
      fresh.filter((entry) => entry.count <= 2),
      span.window,
    );
    const rising = templates.filter((entry) => {
      const was = earlier.get(entry.key);
      return was !== undefined && !failing.has(entry.key) && entry.count >= 10 && entry.count > 3 * was;
    });
    await change('rising', rising, span.window);
    const gone = templatesBefore.filter((entry) => !present.has(entry.key) && entry.count * scale >= 5);
    await change('vanished', gone, span.baseline);
  }
  options.signal?.throwIfAborted();

  const around = { from: Math.max(0, span.window.from - 30 * 60_000), to: span.window.to };
  const eventTemplates = [...templates, ...templatesBefore]
    .filter((entry) => EVENT.test(entry.label) && entry.count <= 20)
    .map((entry) => entry.key);
  const events =
    eventTemplates.length > 0
      ? (
          await logs.search(
            { ...only, ...around, templateIds: [...new Set(eventTemplates)].slice(0, 200) },
            { limit: 40, signal: options.signal },
          )
        ).records
      : [];

  const facts = serviceFacts(services, servicesBefore, scale);
  return {
    span,
    records: levels.reduce((sum, entry) => sum + entry.count, 0),
    errors: levels.reduce((sum, entry) => sum + entry.errors, 0),
    services: facts,
    directory,
    failures,
    changes,
    templates: templates.slice(0, 20),
    errorCodes,
    events: events.reverse(),
    silences: await findSilences(logs, span, facts),
    requests,
  };
}

const length = (window: TimeWindow): number => Math.max(1, window.to - window.from);

/** What to look at first when there are more failing templates than can be sampled. */
function suspicion(entry: LogCount, earlier: ReadonlyMap<string, number>): number {
  const was = earlier.get(entry.key);
  const novelty = was === undefined ? 3 : entry.count > 2 * was ? 2 : 0.3;
  return novelty * (1 + Math.log2(1 + entry.count)) * (entry.errors > 0 ? 2 : 1);
}

interface Sampled {
  entry: LogCount;
  /** Those of the sample that tell of a failure. */
  lines: LogRecord[];
  /** How many lines of the template do, by the share of the sample. */
  count: number;
}

const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}:\d{2,5}\b/;

/**
 * An address nobody has a name for: the one known service that wrote nothing is meant, if there is one; else the same message of the same service, where it names exactly one service at other
 * times (before the name resolved, say), speaks of that one.
 */
function inherit(group: FailureGroup, siblings: FailureGroup[], absent?: string): FailureGroup {
  if (group.targets.length > 0 || !group.lines.some((record) => ADDRESS.test(saying(record)))) return group;
  if (absent && !isRoot(group.kind))
    return { ...group, targets: [{ service: absent, how: 'absent', lines: group.lines }] };
  const named = siblings.filter((other) => other.service === group.service).flatMap((other) => other.targets);
  const services = new Set(named.map((target) => target.service));
  const [only] = services;
  return services.size === 1 && only
    ? { ...group, targets: [{ service: only, how: 'port', lines: group.lines }] }
    : group;
}

/** Splits a template's failing lines by service and by what exactly they say. */
function groups(
  { entry, lines, count }: Sampled,
  directory: Directory,
  before: number,
  absent: string | undefined,
): FailureGroup[] {
  const bySaying = new Map<string, LogRecord[]>();
  for (const record of lines) {
    const service = canonicalName(record.service, directory.own);
    const reason = saying(record);
    const key = `${service}\u0000${reason === record.message ? '' : maskPattern(reason)}`;
    const known = bySaying.get(key);
    if (known) known.push(record);
    else bySaying.set(key, [record]);
  }
  const made = [...bySaying].map(([key, own]): FailureGroup => {
    const [service, reason] = key.split('\u0000') as [string, string];
    const targets = new Map<string, FailureGroup['targets'][number]>();
    const kinds = new Map<FailureKind, number>();
    for (const record of own) {
      const kind = recordFailure(record)!;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      for (const mention of mentions(record, directory)) {
        const known = targets.get(mention.service) ?? { ...mention, lines: [] };
        targets.set(mention.service, known);
        known.lines.push(record);
      }
    }
    const share = own.length / lines.length;
    const times = own.map((record) => record.timestamp);
    return {
      templateId: entry.key,
      pattern: reason || entry.label,
      service,
      kind: [...kinds].sort((a, b) => b[1] - a[1])[0]![0],
      // Exact when the template says one thing; otherwise shared out as in the sample.
      count: Math.max(own.length, Math.round(count * share)),
      before: before * share * (count / entry.count),
      first: bySaying.size === 1 ? Math.min(entry.first, ...times) : Math.min(...times),
      last: Math.max(...times),
      targets: [...targets.values()],
      lines: own,
    };
  });
  return made.map((group) => inherit(group, made, absent));
}
