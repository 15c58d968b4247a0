import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAnalyst } from './analysis/create-analyst.ts';
import { readerOver } from './analysis/logs/reader.ts';
import { openPassingState } from './backends/open.ts';
import { allIncidents } from './backends/state/all-incidents.ts';
import type { StateStore } from './backends/state/store.ts';
import { fileIntake } from './bot/file-intake.ts';
import { findCauses } from './bot/follow-up/root-causes.ts';
import { withoutCredentials } from './bot/views/card/without-credentials.ts';
import type { Config } from './config/config.ts';
import type { Incident } from './domain/alert/incident.ts';
import { listedIncidents, standingOf } from './domain/alert/incident-row.ts';
import type { LogRecord } from './domain/log/record.ts';
import type { Language } from './domain/question/question.ts';
import { turn } from './domain/time/event-loop.ts';
import { MINUTE } from './domain/time/units.ts';
import { speech } from './i18n/format.ts';
import { reportLines } from './i18n/read-report.ts';
import type { Log } from './log.ts';
import { redactCredentials } from './masking/redact.ts';
import type { Metrics } from './metrics.ts';
import { createDetector } from './pipeline/detect/detector.ts';
import { ReadSpan } from './pipeline/read-span.ts';
import { createPipeline, type Pipeline, type PipelineOptions, type RunTotals } from './pipeline/run.ts';
import { openRefusedFile, type RefusedFile } from './pipeline/sources/refused-records.ts';
import type { Backends } from './stores.ts';

/** The pipeline on the configured store, topics and thresholds; for the roles and for one-shot commands. */
export function pipelineOver(
  backends: Pick<Backends, 'bus' | 'logs' | 'miner'>,
  config: Config,
  metrics: Metrics,
  log: Log,
  more: Pick<PipelineOptions, 'state' | 'group' | 'refused'> = {},
): Pipeline {
  const { topics, detect, language, timeZone } = config;
  const { bus, logs, miner } = backends;
  const shared = miner ? { miner } : {};
  return createPipeline({ logs, bus, topics, detect, language, timeZone, metrics, log, ...shared, ...more });
}

/** The file for lines that the log store refuses and that come from no topic; in the data folder. */
export const refusedFile = (config: Config, log: Log): RefusedFile =>
  openRefusedFile({ path: join(config.dataDir, 'logs.refused'), log });

/** What was read: the time it covers, and whose lines they are. */
type Read = Pick<RunTotals, 'extent' | 'services' | 'errors'>;

/** Reads files in a process without a bot. */
export interface FileReader {
  pipeline: Pipeline;
  /**
   * The incidents of what was read as `findingsOf` gives them, with the causes of the first ones; undefined on Kafka, where bots
   * elsewhere make them.
   */
  findings(read: Read, signal: AbortSignal): Promise<Incident[] | undefined>;
}

/** What is found while files are read becomes incidents of the state store at once; on Kafka a bot elsewhere takes the anomalies. */
export function createFileReader(
  backends: Pick<Backends, 'bus' | 'logs' | 'state' | 'miner'>,
  config: Config,
  metrics: Metrics,
  log: Log,
): FileReader {
  const { bus, state, logs } = backends;
  const { language, timeZone, answers } = config;
  const refused = refusedFile(config, log);
  if (config.bus.kind === 'kafka')
    return {
      pipeline: pipelineOver(backends, config, metrics, log, { refused }),
      findings: async () => undefined,
    };
  const intake = fileIntake(config, { bus, state, metrics, log });
  const analyst = createAnalyst({ logs, models: [], state, language, timeZone, answers, log });
  return {
    pipeline: pipelineOver({ ...backends, bus: intake.bus }, config, metrics, log, { refused }),
    findings: (read, signal) =>
      findingsOf(read, { state, analyst, causeFound: intake.setCause, language, signal, log }),
  };
}

/** It ended by itself, and nobody has resolved it. */
const isOver = ({ lifecycle }: Incident): boolean =>
  lifecycle.state === 'resolved' &&
  lifecycle.history.findLast(({ what }) => ENDS.has(what))?.what === 'recovered';
const ENDS = new Set(['recovered', 'resolved', 'false_alarm']);

/**
 * The incidents of the time and the services that were read that nobody has dealt with, without credentials, the worst first:
 * the open ones, and those whose lines say that they are over. The causes of the first ones are looked for.
 * @throws AppError of the stores; what `signal` aborts with
 */
export async function findingsOf(
  read: Read,
  options: Parameters<typeof findCauses>[1] & { state: StateStore },
): Promise<Incident[]> {
  const { state, signal } = options;
  const { extent, services = [] } = read;
  if (!extent) return [];
  const isOfIt = ({ activity, service, correlation }: Incident): boolean =>
    activity.firstSeen <= extent.to &&
    activity.lastSeen >= extent.from &&
    [service, ...correlation.affected.map((one) => one.service)].some((name) => services.includes(name));
  const found = async (): Promise<Incident[]> => {
    const now = Date.now();
    const listed = listedIncidents((await allIncidents(state, signal)).filter(isOfIt), true, now);
    return listed.filter((one) => isFinding(one, now));
  };
  await findCauses(await found(), options);
  return (await found()).map(withoutCredentials);
}

/** What is open, and what was wrong in a file until it ended by itself. */
const isFinding = (incident: Incident, now: number): boolean => {
  const standing = standingOf(incident, now);
  if (standing === 'resolved') return isOver(incident);
  return standing !== 'muted' && standing !== 'suppressed';
};

/**
 * Resolves when the bot of this process has taken what its pipeline found, or after a while: anomalies go over the bus.
 * @param metrics those of both
 */
export async function taken(metrics: Metrics, signal: AbortSignal): Promise<void> {
  const sum = async (counter: Metrics['anomaliesPublished']): Promise<number> =>
    (await counter.get()).values.reduce((all, { value }) => all + value, 0);
  for (const until = Date.now() + TAKEN_MS; Date.now() < until && !signal.aborted; ) {
    if ((await sum(metrics.anomaliesReceived)) >= (await sum(metrics.anomaliesPublished))) return;
    await sleep(TAKEN_POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

const TAKEN_MS = 10_000;
const TAKEN_POLL_MS = 25;
const CHUNK = 500;

/**
 * What is wrong in records that are not stored, as reading their file would find it.
 * @throws what `signal` aborts with
 */
export async function findingsIn(
  records: LogRecord[],
  config: Config,
  { metrics, log }: { metrics: Metrics; log: Log },
  signal: AbortSignal,
): Promise<{ read: Read; findings: Incident[] }> {
  const { language, timeZone, detect, topics, answers } = config;
  await using state = await openPassingState(log);
  const intake = fileIntake(config, { state, metrics, log });
  const detector = createDetector({ ...detect, language, timeZone });
  const span = new ReadSpan();
  const tell = async (anomalies: object[]): Promise<void> => {
    if (anomalies.length > 0)
      await intake.bus.publish(
        topics.anomalies,
        anomalies.map((anomaly) => ({ value: JSON.stringify(anomaly) })),
      );
  };
  for (let at = 0; at < records.length; at += CHUNK) {
    await turn();
    signal.throwIfAborted();
    const chunk = records.slice(at, at + CHUNK);
    span.add(chunk);
    await tell(detector.add(chunk));
  }
  await tell(detector.flush());
  const read = {
    ...(span.extent ? { extent: span.extent } : {}),
    services: span.services,
    errors: span.errors,
  };
  const reader = readerOver(records);
  const analyst = createAnalyst({ logs: reader, models: [], state, language, timeZone, answers, log });
  const findings = await findingsOf(read, {
    ...{ state, analyst, causeFound: intake.setCause, language, signal, log },
  });
  return { read, findings };
}

/** What pasted text holds, in sentences. It is looked through as a file would be, and nothing of it is kept. */
export const textReader =
  (config: Config, parts: { metrics: Metrics; log: Log }) =>
  async (records: LogRecord[], language: Language, signal: AbortSignal): Promise<string[]> => {
    const { read, findings } = await findingsIn(records, config, parts, signal);
    const { extent, services = [], errors = 0 } = read;
    // Lines that name no time are all from the moment they were read.
    const isDated = extent !== undefined && Date.now() - extent.from > MINUTE;
    const report = {
      files: 0,
      lines: records.length,
      notes: [],
      services,
      errors,
      ...(isDated ? { extent } : {}),
    };
    return reportLines(report, findings, speech(language, config.timeZone), redactCredentials);
  };
