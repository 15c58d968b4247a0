import type { Bus, BusMessage, OutgoingMessage } from '../../src/backends/bus/bus.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { type Anomaly, anomalyWire } from '../../src/domain/alert/anomaly.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createPipeline, type PipelineOptions } from '../../src/pipeline/run.ts';

/** What a pipeline under test writes to; `fail` is called before every write and may throw. */
export interface Sink {
  records: LogRecord[];
  anomalies: Anomaly[];
  published: { topic: string; message: OutgoingMessage }[];
  fail: (what: 'write' | 'publish', records: LogRecord[]) => void;
}

/**
 * A pipeline on a store and a bus that only keep what they get; they have only what the pipeline calls. `deliver`
 * gives it messages of the topic that it consumes.
 */
export function pipelineWithSink(options: Partial<PipelineOptions> = {}) {
  const sink: Sink = { records: [], anomalies: [], published: [], fail: () => {} };
  const logs = {
    async write(records: LogRecord[]) {
      sink.fail('write', records);
      sink.records.push(...records);
    },
  } as LogStore;
  let handle: (batch: BusMessage[]) => Promise<void> = async () => {};
  const bus: Partial<Bus> = {
    async subscribe(_topic, _options, given) {
      handle = given;
      return { async [Symbol.asyncDispose]() {} };
    },
    health: async () => ({ ok: true, kind: 'fake', detail: '' }),
    async publish(topic: string, messages: OutgoingMessage[]) {
      sink.fail('publish', []);
      for (const message of messages) {
        sink.published.push({ topic, message });
        sink.anomalies.push(anomalyWire.parse(JSON.parse(String(message.value))) as Anomaly);
      }
    },
  };
  const metrics = createMetrics();
  const pipeline = createPipeline({
    logs,
    bus: bus as Bus,
    topics: { logs: 'log-stream', anomalies: 'log-anomalies' },
    detect: { warmup: 200, bucketMs: 10_000, warning: 0.6, critical: 0.85 },
    language: 'en',
    timeZone: 'UTC',
    metrics,
    log: createLog('silent'),
    ...options,
  });
  return { pipeline, sink, metrics, deliver: (batch: BusMessage[]) => handle(batch) };
}

/** Plain lines of one source as a single batch. */
export const linesOf = (texts: string[], source = 'app.log'): SourceLine[] =>
  texts.map((text, index) => ({ text, source, position: String(index + 1) }));

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
