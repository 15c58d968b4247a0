import type { Incident } from '../../domain/alert/incident.ts';
import { incidentRow } from '../../domain/alert/incident-row.ts';
import type { ReadReport } from '../../domain/log/read-report.ts';
import { causeWords } from '../../i18n/answers.ts';
import { CATALOGUES } from '../../i18n/catalogues.ts';
import { exactSeconds } from '../../i18n/durations.ts';
import { speech } from '../../i18n/format.ts';
import { reportLines } from '../../i18n/read-report.ts';
import { createMetrics } from '../../metrics.ts';
import { keepTemplates } from '../../pipeline/mining/shared-templates.ts';
import type { RunTotals } from '../../pipeline/run.ts';
import { createFileReader, refusedFile } from '../../reading.ts';
import { openBackends } from '../../stores.ts';
import type { Context } from '../context.ts';
import { field, printJson, printLine } from '../output.ts';
import { progressBar } from '../progress.ts';
import { openReading, type Reading } from '../read-paths.ts';

/** What a run gave. */
interface Outcome {
  totals: RunTotals;
  reading: Reading;
  /** Undefined on Kafka: bots elsewhere make incidents of what was found. */
  findings: Incident[] | undefined;
  seconds: number;
}

/**
 * Reads logs into the configured store. What is found becomes incidents; on Kafka it is published for the bots. Resolves with
 * the exit code.
 */
export async function ingest(context: Context, paths: string[]): Promise<number> {
  const { config, log, signal } = context;
  await using backends = await openBackends(config, log, { models: [] });
  const reader = createFileReader(backends, config, createMetrics(), log);
  await using _kept = await keepTemplates(reader.pipeline, { state: backends.state, log });
  const bar = progressBar('Reading');
  const started = performance.now();
  const { timeZone } = config;
  const reading = openReading(paths, { timeZone, onProgress: (done, total) => bar.update(done, total) });
  const totals = await reader.pipeline.run(reading.lines, { signal }).finally(() => bar.stop());
  const seconds = (performance.now() - started) / 1_000;
  const findings = await reader.findings(totals, signal);
  await tell(context, { totals, reading, findings, seconds });
  return signal.aborted || totals.refused ? 1 : 0;
}

async function tell(context: Context, outcome: Outcome): Promise<void> {
  const { config, log, json } = context;
  const { totals, reading, seconds } = outcome;
  const { lines, templates, anomalies, refused = 0, reason = '' } = totals;
  const rate = Math.round(lines / Math.max(seconds, 0.001));
  const report = reading.report(totals);
  const aside = refusedFile(config, log);
  if (json) {
    const { columns } = reading;
    const encodings = report.notes.filter(({ what }) => what === 'encoding');
    const left = report.notes.filter(({ what }) => what === 'binary');
    await printJson({
      lines,
      templates,
      anomalies,
      refused,
      ...(refused > 0 ? { reason, refused_file: aside.path } : {}),
      seconds,
      lines_per_second: rate,
      ...(columns.length > 0 ? { columns } : {}),
      ...(encodings.length > 0
        ? { encodings: encodings.map(({ path, detail }) => ({ path, encoding: detail })) }
        : {}),
      ...(left.length > 0 ? { left_out: left.map(({ path, detail }) => ({ path, kind: detail })) } : {}),
      ...readJson(context, report, outcome.findings),
    });
    return;
  }
  for (const line of sentences(context, report, outcome)) await printLine(line);
  for (const { path, found } of reading.columns) {
    const taken = found.map(({ column, meaning }) => `${column} → ${meaning}`).join(', ');
    await printLine(
      `${field(path)}: ${field(taken) || 'columns not recognised, rows are read as plain lines'}`,
    );
  }
  await printLine(`${lines} lines, ${templates} templates, ${anomalies} anomalies`);
  await printLine(`${exactSeconds(seconds)}, ${rate} lines/s`);
  if (refused > 0) {
    await printLine(`${refused} of them were refused by the log store; the first: ${field(reason)}`);
    await printLine(`They are in ${aside.path}, with the reason of each.`);
  }
}

/** The report first: what was read, and what is wrong in it. */
function sentences({ config }: Context, report: ReadReport, { findings, totals }: Outcome): string[] {
  const { language, timeZone } = config;
  const words = CATALOGUES[language].reading;
  const [head = '', found = '', ...notes] = reportLines(
    report,
    findings ?? [],
    speech(language, timeZone),
    field,
  );
  if (!findings) return [head, words.published(totals.anomalies), ...notes];
  return [head, found, ...notes, ...(findings.length > 0 ? [words.more(allOf(findings))] : [])];
}

/** The command that lists them: what is over is not open. */
const allOf = (findings: readonly Incident[]): string =>
  findings.some(({ lifecycle }) => lifecycle.state === 'resolved')
    ? 'bongsu incidents --all'
    : 'bongsu incidents';

/** What the report says, for programs. */
function readJson(
  { config }: Context,
  report: ReadReport,
  findings: readonly Incident[] | undefined,
): object {
  const now = Date.now();
  const { files, extent, services, notes } = report;
  return {
    files,
    ...(extent ? { from: new Date(extent.from).toISOString(), to: new Date(extent.to).toISOString() } : {}),
    services,
    ...(notes.length > 0 ? { notes } : {}),
    ...(findings
      ? { findings: findings.map((one) => incidentRow(one, now, causeWords(config.language, one.rootCause))) }
      : {}),
  };
}
