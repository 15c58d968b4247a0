import { AppError } from '../../domain/errors.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { createMiner } from '../mining/miner.ts';
import { createNormalizer } from '../normalize/normalize.ts';
import type { SourceLine } from '../source-line.ts';
import { createWatch, type Finding } from './lines/line-detectors.ts';
import { createNamedKey } from './sessions/named-key.ts';
import { tokensOf } from './sessions/tokens.ts';
import { createStreamClock } from './stream-clock.ts';

/** One row of `detect`: what was found when a line was read. */
export interface DetectLine {
  /** 1-based number of the line at which it was found. */
  LineId: number;
  /** The session it is about: always with a key; without one, when it was found after the session's last line. */
  Session?: string;
  /** 0 (usual) and up: minus the decimal logarithm of the chance that nothing is wrong. */
  score: number;
  anomaly: boolean;
  /** What the strongest finding is and stands on; absent on usual lines. */
  detector?: Finding['detector'];
  template?: string;
  confidence?: number;
}

/** Time between two lines of a source that names no times. */
const STEP_MS = 10;

/**
 * Reads a stream once and says, line by line, what is wrong with it or has become certain with it. Unlabelled and
 * online: a line is judged before anything behind it is read. The same lines give the same rows, also where they name
 * no time.
 * @param options.warmup lines that are learned from and not judged
 * @param options.key name that says which session a line belongs to, as `createNamedKey` reads it: an attribute, a key in
 *   the text, or the beginning of a word (`blk_`); without it the ids that bind lines together are found out from the stream
 * @param options.threshold confidence from which a finding is an anomaly (the configured `detect.warning`)
 * Throws AppError `not_found` at the end when no line has the key.
 */
export async function* detectIn(
  lines: AsyncIterable<SourceLine[]>,
  options: { warmup?: number; key?: string; timeZone?: string; threshold?: number } = {},
): AsyncGenerator<DetectLine> {
  const { warmup = 0, threshold = 0.6 } = options;
  const miner = createMiner();
  let clock = 0;
  const normalize = createNormalizer({ timeZone: options.timeZone ?? 'UTC', now: () => clock + STEP_MS });
  const watch = createWatch(options.key ? { key: options.key } : {});
  const sessionsOf = options.key ? createNamedKey(options.key) : undefined;
  let keyed = 0;
  // The rows depend on the lines alone, not on when they are read.
  const stream = createStreamClock(() => Number.NEGATIVE_INFINITY);
  const read = new Map<string, { line: SourceLine; judged: boolean }>();
  let seen = 0;

  /** What is found on a record that the stream's clock has let through. */
  function* rowsOf(record: LogRecord): Generator<DetectLine> {
    const { line, judged } = read.get(record.id)!;
    read.delete(record.id);
    const found = watch.add(record);
    const own = sessionsOf?.(record, tokensOf(record).ids)[0]?.value;
    if (own !== undefined) keyed += 1;
    if (!judged) return;
    const LineId = Number(line.position);
    let here: Finding | undefined;
    for (const finding of found) {
      if (finding.session !== undefined) yield rowOf(LineId, finding, threshold, finding.session);
      else if (!here || finding.confidence > here.confidence) here = finding;
    }
    if (here) yield rowOf(LineId, here, threshold, own);
    else yield { LineId, ...(own ? { Session: own } : {}), score: 0, anomaly: false };
  }

  for await (const batch of lines)
    for (const line of batch) {
      const record = normalize(line);
      const { id, pattern } = miner.add(record.message);
      seen += 1;
      // Numbered, since the same line may be read twice.
      const numbered = { ...record, id: String(seen), template: { id, pattern } };
      read.set(numbered.id, { line, judged: seen > warmup });
      for (const one of stream.take(numbered)) yield* rowsOf(one);
      clock = Math.min(record.timestamp, stream.now);
    }
  for (const one of stream.release(Number.POSITIVE_INFINITY)) yield* rowsOf(one);
  if (options.key && keyed === 0 && seen > 0)
    throw new AppError(
      'not_found',
      `none of ${seen} lines has the key "${options.key}", so no session was judged`,
    );
}

function rowOf(LineId: number, finding: Finding, threshold: number, session: string | undefined): DetectLine {
  const { confidence, detector, template } = finding;
  return {
    LineId,
    ...(session ? { Session: session } : {}),
    score: Number((-Math.log10(1 - Math.min(confidence, 0.9999))).toFixed(4)),
    anomaly: confidence >= threshold,
    detector,
    ...(template ? { template: template.pattern } : {}),
    confidence: Number(confidence.toFixed(3)),
  };
}
