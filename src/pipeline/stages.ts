import { hash } from 'node:crypto';
import type { Anomaly } from '../domain/alert/anomaly.ts';
import type { LogRecord } from '../domain/log/record.ts';
import type { PipelineStage, SourceLine } from '../domain/log/source-line.ts';
import type { Detector } from './detect/detector.ts';
import type { Miner } from './mining/miner.ts';
import type { Persistence, Sinks } from './sinks.ts';
import type { RefusedLine } from './sources/refused-records.ts';

/** Lines with the records made of them, in the same order. */
export interface Batch {
  lines: SourceLine[];
  records: LogRecord[];
}
export interface Judged extends Batch {
  anomalies: Anomaly[];
}
export interface StoredBatch extends Judged {
  /** Lines that the log store refused. */
  refused: RefusedLine[];
}

/** Line → record. */
export const normalized = (normalize: (line: SourceLine) => LogRecord): PipelineStage<SourceLine[], Batch> =>
  async function* (batches) {
    for await (const lines of batches) yield { lines, records: lines.map(normalize) };
  };

/** Record → record with its template. */
export const mined = (miner: Miner): PipelineStage<Batch, Batch> =>
  async function* (batches) {
    for await (const batch of batches) {
      for (const record of batch.records) record.template = miner.add(record.message).template;
      yield batch;
    }
  };

/** Records → anomalies. */
export const judged = (detector: Detector): PipelineStage<Batch, Judged> =>
  async function* (batches) {
    for await (const batch of batches) yield { ...batch, anomalies: detector.add(batch.records) };
  };

/**
 * Records of a source that ends → anomalies; after its last batch the detector judges its open buckets too. Files may be read
 * again at any time, and what was found in them is then no news: what begins before the newest line that was learned from is
 * judged as by a process that knows nothing, and the anomaly of a line is told from that of another by what the lines say.
 * @param learned what was learned so far
 * @param make one that has learned nothing
 */
export const judgedToEnd = (learned: Detector, make: () => Detector): PipelineStage<Batch, Judged> =>
  async function* (batches) {
    let detector: Detector | undefined;
    for await (const batch of batches) {
      if (batch.records.length > 0)
        detector ??= batch.records.some(({ timestamp }) => timestamp <= learned.newest) ? make() : learned;
      yield { ...batch, anomalies: (detector?.add(batch.records) ?? []).map(ofContent) };
    }
    if (detector) yield { lines: [], records: [], anomalies: detector.flush().map(ofContent) };
  };

/** The anomaly with an id that says which lines it is about: two files may have a service of one name at one time. */
function ofContent(anomaly: Anomaly): Anomaly {
  const { id, window, sample_lines: [line = ''] = [] } = anomaly;
  const own = hash('sha1', [id, window?.from ?? '', line].join('\u0000'), 'hex');
  return { ...anomaly, id: `an-${own.slice(0, 20)}` };
}

/**
 * Records → log store.
 * @param how.aside keeps lines that the store refuses; resolves when they are safe
 * @param how.onStored called with how many records of a batch were stored
 */
export const stored = (
  sinks: Sinks,
  how: Persistence & {
    aside: (refused: RefusedLine[]) => Promise<void>;
    onStored: (records: number) => void;
  },
): PipelineStage<Judged, StoredBatch> =>
  async function* (batches) {
    for await (const batch of batches) {
      const { lines, records } = batch;
      const reasons = await sinks.store(records, how);
      const refused: RefusedLine[] = [];
      for (let index = 0; reasons.size > 0 && index < records.length; index++) {
        const reason = reasons.get(records[index]!.id);
        if (reason) refused.push({ line: lines[index]!, reason });
      }
      if (refused.length > 0) await sinks.persist(() => how.aside(refused), 'refused lines', how);
      how.onStored(records.length - refused.length);
      yield { ...batch, refused };
    }
  };

/** Anomalies → bus. */
export const published = (sinks: Sinks, how: Persistence): PipelineStage<StoredBatch, StoredBatch> =>
  async function* (batches) {
    for await (const batch of batches) {
      const { anomalies } = batch;
      if (anomalies.length > 0) await sinks.persist(() => sinks.publish(anomalies), 'bus', how);
      yield batch;
    }
  };
