/**
 * One event as a source read it: the beginning of the pipeline. A source yields batches of these and reads on only
 * when the next batch is pulled; a batch that was pulled past is stored and published, so pulling is the
 * acknowledgement.
 */
export interface SourceLine {
  /** The event verbatim. Several physical lines (a stack trace) are joined by `\n`. */
  text: string;
  /** Set when the event arrived already structured: a JSON object, a CSV row. */
  fields?: Record<string, unknown>;
  /** Where it comes from: a file's path, a topic. */
  source: string;
  /** Where in the source, such that reading again gives the same: a line number, `partition/offset/index`. */
  position: string;
  /**
   * Set when the whole source is one named stream of one service: no name inside a line overrides that service, and
   * the stream's name is kept in the attribute `stream`. `timeZone` is that of its times that name none, where it is
   * known.
   */
  stream?: { service: string; name: string; timeZone?: string };
  /** What the source knows beside the text; what the text says itself wins. */
  hint?: { service?: string; host?: string /** Epoch milliseconds. */; timestamp?: number };
}

/** A step of the pipeline. Batches flow by pull, so a slow step slows the source and needs no queue. */
export type Stage<A, B> = (batches: AsyncIterable<A>) => AsyncIterable<B>;

/** Groups single lines into batches of `size`. */
export function* inBatches(lines: Iterable<SourceLine>, size = 1_000): Generator<SourceLine[]> {
  let batch: SourceLine[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
