/**
 * One event as a source has read it: the beginning of the pipeline. A source yields batches of these and reads more only when the
 * next batch is pulled. By then the batch before it is stored and published: pulling is the acknowledgement.
 */
export interface SourceLine {
  /** The event verbatim. Several physical lines (a stack trace) are joined by `\n`. */
  text: string;
  /** Set when the event arrived already structured: a JSON object, a CSV row. */
  fields?: Record<string, unknown>;
  /** Where it comes from: the path of a file, a topic. */
  source: string;
  /** Its place in the source: a line number, `partition/offset/index`. Reading it again must give the same. */
  position: string;
  /**
   * Present if the whole source is one named stream of one service. Then no name inside a line overrides that service, and the
   * name of the stream is kept in the attribute `stream`. `timeZone` is the zone of times without one, if it is known.
   */
  stream?: { service: string; name: string; timeZone?: string };
  /** What the source knows besides the text; what the text itself says goes first. */
  hint?: {
    service?: string;
    host?: string;
    /** Epoch milliseconds: when the line arrived, or the time of the lines around one that has none. */
    timestamp?: number;
    /** One object for all lines of a source. */
    times?: SourceTimes;
  };
}

/** The order of the parts of a date in digits. */
export type DateOrder = 'ymd' | 'mdy' | 'dmy';

/** What is known about the times of a source before its lines are read; times are epoch milliseconds. */
export interface SourceTimes {
  /** Its first line is from about then. */
  near?: number;
  /** Its last line is from then at the latest: when the file was changed. */
  before?: number;
  /** How its dates in digits are read, where there are two ways. */
  order?: DateOrder;
  /** When the machine started, if its lines count the seconds since then. */
  startedAt?: number;
}

/** A step of the pipeline. Batches are pulled, so a slow step slows the source down and needs no queue. */
export type PipelineStage<A, B> = (batches: AsyncIterable<A>) => AsyncIterable<B>;

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
