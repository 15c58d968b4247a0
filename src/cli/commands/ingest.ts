import { pipelineOfFiles, refusedFile } from '../../app.ts';
import { openBackends } from '../../backends/open.ts';
import { exactSeconds } from '../../i18n/durations.ts';
import { createMetrics } from '../../metrics.ts';
import { keepTemplates } from '../../pipeline/mining/shared-templates.ts';
import type { CsvColumns } from '../../pipeline/sources/files/csv.ts';
import type { Encoding } from '../../pipeline/sources/files/encoding.ts';
import { readFiles } from '../../pipeline/sources/files/files.ts';
import type { Context } from '../context.ts';
import { field, printJson, printLine } from '../output.ts';
import { progressBar } from '../progress.ts';

/**
 * Reads logs into the configured store. What is found becomes incidents; on Kafka it is published for the bots. Resolves with
 * the exit code.
 */
export async function ingest(context: Context, paths: string[]): Promise<number> {
  const { config, log, signal } = context;
  await using backends = await openBackends(config, log);
  const metrics = createMetrics();
  const aside = refusedFile(config, log);
  const pipeline = pipelineOfFiles(backends, config, metrics, log);
  await using _kept = await keepTemplates(pipeline, { state: backends.state, log });
  const bar = progressBar('Reading');
  const columns: { path: string; found: CsvColumns }[] = [];
  const encodings: { path: string; encoding: Encoding }[] = [];
  const started = performance.now();
  const result = await pipeline
    .run(
      readFiles(paths, {
        timeZone: config.timeZone,
        onProgress: (done, total) => bar.update(done, total),
        onColumns: (path, found) => columns.push({ path, found }),
        onEncoding: (path, encoding) => {
          encodings.push({ path, encoding });
          log.info({ path, encoding }, 'text is not UTF-8');
        },
      }),
      { signal },
    )
    .finally(() => bar.stop());
  const seconds = (performance.now() - started) / 1_000;
  const rate = Math.round(result.lines / Math.max(seconds, 0.001));
  for (const { path, found } of context.json ? [] : columns) {
    const taken = found.map(({ column, meaning }) => `${column} → ${meaning}`).join(', ');
    await printLine(
      `${field(path)}: ${field(taken) || 'columns not recognised, rows are read as plain lines'}`,
    );
  }
  for (const { path, encoding } of context.json ? [] : encodings)
    await printLine(`${field(path)}: read as ${encoding.toUpperCase()}`);
  const { refused = 0, reason = '' } = result;
  if (context.json)
    await printJson({
      ...result,
      refused,
      ...(refused > 0 ? { refused_file: aside.path } : {}),
      seconds,
      lines_per_second: rate,
      ...(columns.length > 0 ? { columns } : {}),
      ...(encodings.length > 0 ? { encodings } : {}),
    });
  else {
    await printLine(`${result.lines} lines, ${result.templates} templates, ${result.anomalies} anomalies`);
    await printLine(`${exactSeconds(seconds)}, ${rate} lines/s`);
    if (refused > 0) {
      await printLine(`${refused} of them were refused by the log store; the first: ${field(reason)}`);
      await printLine(`They are in ${aside.path}, with the reason of each.`);
    }
  }
  return signal.aborted || refused > 0 ? 1 : 0;
}
