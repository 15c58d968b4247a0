import type { LogCount, LogFilter, RequestStats } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { learnDirectory } from '../service-names/directory.ts';
import { canonicalName, type Directory } from '../service-names/names.ts';
import { recordFailure } from './failure.ts';
import { type FailureGroup, failureGroups, type Sampled } from './failure-groups.ts';
import { sampleSuspects } from './failure-samples.ts';
import type { LogReader } from './reader.ts';
import { findSilences, type ServiceFacts, serviceFacts } from './services.ts';
import { settlePorts } from './shared-port.ts';
import { followTraces, type Trace } from './traces.ts';
import { unservedEndpoints } from './unserved-endpoints.ts';
import type { Span } from './window.ts';

export interface TemplateChange {
  kind: 'new' | 'rising' | 'vanished' | 'rare';
  templateId: string;
  pattern: string;
  count: number;
  before: number;
  lines: LogRecord[];
  /** What the store was asked: the same again gives all of them. */
  asked: LogFilter;
}

/** What the logs say about a span of time. Counts are exact, from the store; lines are samples with their ids. */
export interface Evidence {
  span: Span;
  records: number;
  errors: number;
  /** The time right before the window, as long as the window where the logs reach so far. */
  earlier?: { window: TimeWindow; records: number; errors: number };
  services: ServiceFacts[];
  directory: Directory;
  failures: FailureGroup[];
  changes: TemplateChange[];
  templates: LogCount[];
  errorCodes: LogCount[];
  /** Restarts, deployments, configuration lines around the window, oldest first. */
  events: LogRecord[];
  /** Services that stopped talking inside the window, with their last line. */
  silences: { service: string; last: LogRecord; asked: LogFilter }[];
  /** Failed requests that several services wrote of. */
  traces: Trace[];
  requests: RequestStats;
}

const TEMPLATES = 3_000;
const CHANGES = 12;
const EVENT =
  /\b(?:re-?start\w*|starting|started|stopped|stopping|shut(?:ting)? ?down|deploy\w*|rollout|roll(?:ed|ing)? ?back|upgrad\w*|config\w* (?:changed|reloaded|loaded|applied|updated)|reload\w*|scal(?:ed|ing) (?:up|down|to)|failover|leader|migrat\w*|feature flag|version)\b|재시작|재기동|배포|롤백|설정.{0,6}(?:변경|적용)/i;

const START =
  /\b(?:start(?:ing|ed|up)?|listening|serving|initiali[sz]\w*|ready|version|migrat\w*|leader|loaded)\b|시작|기동/i;
const BEGINNING_MS = 2 * MINUTE;

/** Where the recorded data begin, services tell of their start: that is no change. */
const isBeginning = (record: LogRecord, span: Span): boolean =>
  record.timestamp < span.begins + BEGINNING_MS && START.test(record.message);

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
  // Lines that somebody chose by hand are not a stretch of time that goes on.
  const firstHalf = span.baseline || span.found === 'chosen' ? undefined : { ...only, ...halfOf(span) };
  const just = span.baseline && {
    from: Math.max(span.baseline.from, span.window.from - length(span.window)),
    to: span.window.from,
  };
  const [
    services,
    servicesBefore,
    templates,
    templatesBefore,
    errorCodes,
    levels,
    levelsBefore,
    warned,
    requests,
  ] = await Promise.all([
    logs.counts(now, 'service', 1_000),
    before ? logs.counts(before, 'service', 1_000) : none,
    logs.counts(now, 'template', TEMPLATES),
    before ? logs.counts(before, 'template', 2 * TEMPLATES) : none,
    logs.counts(now, 'error_code', 20),
    logs.counts(now, 'level', 10),
    just ? logs.counts({ ...only, ...just }, 'level', 10) : none,
    logs.counts({ ...now, levels: ['warn'] }, 'template', 500),
    logs.requests(now),
  ]);
  options.signal?.throwIfAborted();
  const scale = span.baseline ? length(span.window) / length(span.baseline) : 0;
  const earlier = new Map(templatesBefore.map((entry) => [entry.key, entry.count * scale]));

  const sample = async (asked: LogFilter, limit: number, order: 'newest' | 'oldest'): Promise<LogRecord[]> =>
    (await logs.search(asked, { limit, order, signal: options.signal })).records;

  const spans = { now, before, firstHalf, scale };
  const sampled: Sampled[] = [
    ...(await unservedEndpoints(logs, spans, requests)),
    ...(await sampleSuspects(logs, templates, {
      ...spans,
      earlier,
      warns: new Set(warned.map((entry) => entry.key)),
      statuses: requests.statuses,
      signal: options.signal,
    })),
  ];

  const failed: LogRecord[] = [];
  for (const { lines } of sampled) {
    const pause = turn();
    if (pause) await pause;
    failed.push(...lines.filter((record) => recordFailure(record) !== undefined));
  }
  const directory = await learnDirectory(
    logs,
    span,
    [...services, ...servicesBefore],
    [...templates, ...templatesBefore],
    failed,
    options.catalogue,
  );
  const missing = (options.catalogue ?? [])
    .map((name) => canonicalName(name, directory.own))
    .filter((name) => !directory.own.has(name));
  const absent = missing.length === 1 ? missing[0] : undefined;
  const facts = serviceFacts(services, servicesBefore, scale, span.baseline?.from === span.begins);
  const groups: FailureGroup[] = [];
  for (const parts of Map.groupBy(sampled, ({ entry }) => entry.key).values()) {
    const pause = turn();
    if (pause) await pause;
    groups.push(...failureGroups(parts, directory, absent));
  }
  const scene = { logs, window: span.window, baseline: span.baseline, services, directory };
  const failures = await settlePorts(groups, scene);
  const failing = new Set(failures.map((group) => group.templateId));
  const failedLines = failures.flatMap((group) => group.lines).sort((a, b) => b.timestamp - a.timestamp);

  const changes: TemplateChange[] = [];
  const change = async (
    kind: TemplateChange['kind'],
    entries: LogCount[],
    window: TimeWindow | undefined,
  ) => {
    if (!window) return;
    for (const entry of entries.slice(0, CHANGES)) {
      const asked = { ...only, ...window, templateIds: [entry.key] };
      const lines = await sample(asked, 2, 'oldest');
      changes.push({
        kind,
        templateId: entry.key,
        pattern: entry.label,
        count: kind === 'vanished' ? 0 : entry.count,
        before: kind === 'vanished' ? entry.count : Math.round(earlier.get(entry.key) ?? 0),
        lines,
        asked,
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

  const around = { from: Math.max(0, span.window.from - 30 * MINUTE), to: span.window.to };
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

  return {
    span,
    ...totals(levels),
    ...(just ? { earlier: { window: just, ...totals(levelsBefore) } } : {}),
    services: facts,
    directory,
    failures,
    changes,
    templates: templates.slice(0, 20),
    errorCodes,
    events: events.filter((record) => !isBeginning(record, span)).reverse(),
    silences: await findSilences(logs, span, facts),
    traces: await followTraces(logs, span, failedLines, directory, options.signal),
    requests,
  };
}

const totals = (levels: LogCount[]): { records: number; errors: number } => ({
  records: levels.reduce((sum, entry) => sum + entry.count, 0),
  errors: levels.reduce((sum, entry) => sum + entry.errors, 0),
});

/** The first half of what the logs hold of the window. */
function halfOf({ window, begins, ends }: Span): TimeWindow {
  const from = Math.max(window.from, begins);
  return { from, to: from + Math.ceil((Math.min(window.to, ends) - from) / 2) };
}

const length = (window: TimeWindow): number => Math.max(1, window.to - window.from);
