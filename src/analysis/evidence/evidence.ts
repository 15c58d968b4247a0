import type { LogCount, LogFilter, RequestStats } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { recordFailure } from '../logs/failure.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';
import { learnDirectory } from '../service-names/directory.ts';
import { canonicalName, type Directory } from '../service-names/names.ts';
import { withCourses } from './courses.ts';
import { findEvents } from './events.ts';
import { type FailureGroup, failureGroups, type Sampled } from './failure-groups.ts';
import { sampleSuspects } from './failure-samples.ts';
import { withLastWords } from './last-words.ts';
import { withLife } from './life.ts';
import { settlePorts } from './ports/shared-port.ts';
import { findWrongPorts } from './ports/wrong-ports.ts';
import { type Scopes, scopesOf } from './scopes.ts';
import { findSilences, type ServiceFacts, serviceFacts } from './services.ts';
import { slowSteps } from './slow-steps.ts';
import { findChanges, type TemplateChange } from './template-changes.ts';
import { followTraces, type RequestTrace } from './traces.ts';
import { unservedEndpoints } from './unserved-endpoints.ts';

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
  /** Services that stopped writing inside the window, with their last line. */
  silences: { service: string; last: LogRecord; asked: LogFilter }[];
  /** Failed requests that several services wrote about. */
  traces: RequestTrace[];
  requests: RequestStats;
}

export interface EvidenceOptions {
  /** Only these services. */
  services?: string[];
  /** Names of services that exist, even if none of their lines is here. */
  catalogue?: readonly string[];
  signal?: AbortSignal;
}

/** How many of each the store is asked for. */
const SERVICES = 1_000;
const TEMPLATES = 3_000;
const WARNING_TEMPLATES = 500;
const ERROR_CODES = 20;
const LEVELS = 10;
/** The templates that are kept: the most frequent ones. */
const TEMPLATES_KEPT = 20;

/**
 * Collects the evidence for a span: which templates fail, are new, rise or vanish, which services they name, restarts,
 * silences, error codes and request figures. Work is bounded by templates and samples, not by lines.
 */
export async function gatherEvidence(
  logs: LogReader,
  span: Span,
  options: EvidenceOptions = {},
): Promise<Evidence> {
  const { services, catalogue = [], signal } = options;
  const scopes = scopesOf(span, services);
  const counts = await countAll(logs, scopes);
  signal?.throwIfAborted();
  const allTemplates = [...counts.templates, ...counts.templatesBefore];

  const sampled = await sampleFailures(logs, scopes, counts, signal);
  const directory = await learnDirectory(logs, span, {
    services: [...counts.services, ...counts.servicesBefore],
    templates: allTemplates,
    failing: await failingLines(sampled),
    catalogue,
  });
  const groups = await groupFailures(sampled, directory, absentService(catalogue, directory));
  const scene = { logs, window: span.window, baseline: span.baseline, services: counts.services, directory };
  const settled = await settlePorts(await findWrongPorts(groups, scene), scene);
  const slow = settled.some(isNew) ? [] : await slowSteps(logs, scopes, counts.templates, directory);
  const whole = span.baseline?.from === span.begins;
  const facts = serviceFacts(counts.services, counts.servicesBefore, scopes.scale, whole);
  const spoken = withLastWords(settled, facts);
  const lived = await withLife(spoken, { logs, span, services: counts.services, directory, signal });
  const failures = [...(await withCourses(lived, logs, span, signal)), ...slow];
  const failing = new Set(failures.map((group) => group.templateId));
  const failedLines = failures.flatMap((group) => group.lines).sort((a, b) => b.timestamp - a.timestamp);

  const changes = await findChanges(logs, scopes, counts, failing, signal);
  signal?.throwIfAborted();
  const events = await findEvents(logs, span, allTemplates, { services, signal });
  const { preceding } = scopes;
  return {
    span,
    ...totals(counts.levels),
    ...(preceding ? { earlier: { window: preceding, ...totals(counts.levelsBefore) } } : {}),
    services: facts,
    directory,
    failures,
    changes,
    templates: counts.templates.slice(0, TEMPLATES_KEPT),
    errorCodes: counts.errorCodes,
    events,
    silences: await findSilences(logs, span, facts),
    traces: await followTraces(logs, span, failedLines, directory, signal),
    requests: counts.requests,
  };
}

/** Whether a failure is clearly more than before: what is slow beside it is its symptom. */
const isNew = ({ count, before, kind }: FailureGroup): boolean =>
  count >= NEW_LINES && count > 2 * before && kind !== 'route';
const NEW_LINES = 5;

/** The store's counts for the window and for the time before it. */
interface Counts {
  services: LogCount[];
  servicesBefore: LogCount[];
  templates: LogCount[];
  templatesBefore: LogCount[];
  /** Template → lines before the window, scaled to the length of the window. */
  earlier: ReadonlyMap<string, number>;
  errorCodes: LogCount[];
  levels: LogCount[];
  levelsBefore: LogCount[];
  /** Templates that have some lines of level warning. */
  warned: LogCount[];
  requests: RequestStats;
}

async function countAll(logs: LogReader, { now, before, preceding, scale }: Scopes): Promise<Counts> {
  const none: LogCount[] = [];
  const levelsOf = (scope: TimeWindow) => logs.counts({ ...now, ...scope }, 'level', LEVELS);
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
    logs.counts(now, 'service', SERVICES),
    before ? logs.counts(before, 'service', SERVICES) : none,
    logs.counts(now, 'template', TEMPLATES),
    before ? logs.counts(before, 'template', 2 * TEMPLATES) : none,
    logs.counts(now, 'error_code', ERROR_CODES),
    levelsOf(now),
    preceding ? levelsOf(preceding) : none,
    logs.counts({ ...now, levels: ['warn'] }, 'template', WARNING_TEMPLATES),
    logs.requests(now),
  ]);
  const earlier = new Map(templatesBefore.map(({ key, count }) => [key, count * scale]));
  const byTemplate = { templates, templatesBefore, earlier, warned };
  return { services, servicesBefore, ...byTemplate, errorCodes, levels, levelsBefore, requests };
}

/** The time before tells what is new if it has at least this fraction of the window's rate of lines. */
const COMPARABLE = 0.2;
const linesOf = (counts: readonly LogCount[]): number => counts.reduce((sum, { count }) => sum + count, 0);

/** Samples of the lines that may report failures. */
async function sampleFailures(
  logs: LogReader,
  scopes: Scopes,
  { services, servicesBefore, templates, earlier, warned, requests }: Counts,
  signal: AbortSignal | undefined,
): Promise<Sampled[]> {
  const unserved = await unservedEndpoints(logs, scopes, requests);
  const warns = new Set(warned.map((entry) => entry.key));
  const { statuses } = requests;
  const compared = linesOf(servicesBefore) * scopes.scale >= COMPARABLE * linesOf(services);
  const asked = { ...scopes, earlier, warns, statuses, compared, signal };
  const suspects = await sampleSuspects(logs, templates, asked);
  return [...unserved, ...suspects];
}

async function failingLines(sampled: readonly Sampled[]): Promise<LogRecord[]> {
  const out: LogRecord[] = [];
  for (const { lines } of sampled) {
    const pause = turn();
    if (pause) await pause;
    out.push(...lines.filter((record) => recordFailure(record) !== undefined));
  }
  return out;
}

/** The only known service that wrote nothing; undefined if there are several or none. */
function absentService(catalogue: readonly string[], { own }: Directory): string | undefined {
  const missing = catalogue.map((name) => canonicalName(name, own)).filter((name) => !own.has(name));
  return missing.length === 1 ? missing[0] : undefined;
}

async function groupFailures(
  sampled: readonly Sampled[],
  directory: Directory,
  absent: string | undefined,
): Promise<FailureGroup[]> {
  const groups: FailureGroup[] = [];
  for (const parts of Map.groupBy(sampled, ({ entry }) => entry.key).values()) {
    const pause = turn();
    if (pause) await pause;
    groups.push(...failureGroups(parts, directory, absent));
  }
  return groups;
}

const totals = (levels: LogCount[]): { records: number; errors: number } => ({
  records: levels.reduce((sum, entry) => sum + entry.count, 0),
  errors: levels.reduce((sum, entry) => sum + entry.errors, 0),
});
