import { detectIn } from '../../pipeline/detect/detect-lines.ts';
import type { Context } from '../context.ts';
import { printJson } from '../output.ts';
import { physicalLines } from '../physical-lines.ts';

/** `detect`: prints a JSON line for each anomaly, with `--all` for each scored line. Resolves with the exit code. */
export async function detect(
  context: Context,
  files: string[],
  options: { warmup?: number; key?: string; all?: boolean },
): Promise<number> {
  const { lines, stop } = physicalLines(files);
  const { detect, timeZone } = context.config;
  const warmup = options.warmup ?? detect.warmup;
  for await (const row of detectIn(lines, {
    warmup,
    key: options.key,
    timeZone,
    threshold: detect.warning,
  })) {
    if (context.signal.aborted) return 1;
    if (row.anomaly || options.all) await printJson(row);
  }
  stop();
  return 0;
}
