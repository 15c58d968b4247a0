import { AppError } from '../../domain/errors.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import { createMiner } from '../mining/miner.ts';
import { createNormalizer } from '../normalize/normalize.ts';
import { createLineDetectors, type LineFinding } from './lines/line-detectors.ts';
import { createNamedKey } from './sessions/named-key.ts';
import { readTokens } from './sessions/tokens.ts';
import { createStreamClock } from './stream-clock.ts';

/** One row of `detect`: what was found when a line was read. */
export interface DetectLine {
  /** Number of the line at which it was found; the first is 1. */
  LineId: number;
  /** The session it is about. Without a key only when it was found after the session's last line. */
  Session?: string;
  /** 0 (usual) and up: minus the decimal logarithm of the chance that nothing is wrong. */
  score: number;
  anomaly: boolean;
  /** The strongest finding and what it is based on; absent on usual lines. */
  detector?: LineFinding['detector'];
  template?: string;
  confidence?: number;
}

export interface DetectLinesOptions {
  /** Lines that are learned from and not judged. */
  warmup?: number;
  /**
   * Says which session a line belongs to, as `createNamedKey` reads it: an attribute, a key in the text, or the beginning
   * of a word (`blk_`). Without it, the ids that bind lines together are found out from the stream.
   */
  key?: string;
  timeZone?: string;
  /** Confidence from which a finding is an anomaly (the configured `detect.warning`). */
  threshold?: number;
}

/** Time between two lines of a source that has no times. */
const STEP_MS = 10;

/**
 * Reads a stream once and says, line by line, what is wrong with it or has now become certain. It needs no labels and
 * works online: a line is judged before the next one is read. The same lines give the same rows, also when they have no
 * time. Throws AppError `not_found` at the end when no line has the key.
 */
export async function* detectIn(
  lines: AsyncIterable<SourceLine[]>,
  options: DetectLinesOptions = {},
): AsyncGenerator<DetectLine> {
  const { warmup = 0, threshold = 0.6, key } = options;
  const miner = createMiner();
  let clock = 0;
  const normalize = createNormalizer({ timeZone: options.timeZone ?? 'UTC', now: () => clock + STEP_MS });
  const detectors = createLineDetectors(key ? { key } : {});
  const namedKey = key ? createNamedKey(key) : undefined;
  let keyed = 0;
  // The rows depend on the lines alone, and not on when they are read: no wall clock.
  const stream = createStreamClock(() => Number.NEGATIVE_INFINITY);
  const read = new Map<string, { line: SourceLine; judged: boolean }>();
  let seen = 0;

  /** The rows of a record that the stream's clock has let through. */
  function* rowsOf(record: LogRecord): Generator<DetectLine> {
    const { line, judged } = read.get(record.id)!;
    read.delete(record.id);
    const found = detectors.add(record);
    const session = namedKey?.(record, readTokens(record).ids)[0]?.value;
    if (session !== undefined) keyed += 1;
    if (!judged) return;
    const LineId = Number(line.position);
    let strongest: LineFinding | undefined;
    for (const finding of found) {
      if (finding.session !== undefined) yield rowOf(LineId, finding, threshold, finding.session);
      else if (!strongest || finding.confidence > strongest.confidence) strongest = finding;
    }
    if (strongest) yield rowOf(LineId, strongest, threshold, session);
    else yield { LineId, ...(session ? { Session: session } : {}), score: 0, anomaly: false };
  }

  for await (const batch of lines)
    for (const line of batch) {
      const record = normalize(line);
      const { id, pattern } = miner.add(record.message);
      seen += 1;
      // Ids are numbers here, since the same line may be read twice.
      const numbered = { ...record, id: String(seen), template: { id, pattern } };
      read.set(numbered.id, { line, judged: seen > warmup });
      for (const one of stream.take(numbered)) yield* rowsOf(one);
      clock = Math.min(record.timestamp, stream.now);
    }
  for (const one of stream.release(Number.POSITIVE_INFINITY)) yield* rowsOf(one);
  if (key && keyed === 0 && seen > 0)
    throw new AppError('not_found', `none of ${seen} lines has the key "${key}", so no session was judged`);
}

function rowOf(
  LineId: number,
  finding: LineFinding,
  threshold: number,
  session: string | undefined,
): DetectLine {
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
