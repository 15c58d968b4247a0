import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { createDetector, type DetectOptions } from '../../../src/pipeline/detect/detector.ts';

export const START = Date.UTC(2026, 0, 1);
let serial = 0;

/** A record whose template is its text without numbers. */
export function record(seconds: number, level: Level, text: string, service = 'a'): LogRecord {
  const pattern = text.replace(/\d+(?:\.\d+)?/g, '<*>');
  return {
    id: String(serial++),
    timestamp: START + Math.round(seconds * 1_000),
    level,
    service,
    message: text,
    line: `${seconds} ${text}`,
    attributes: {},
    template: { id: pattern, pattern },
  };
}

export const detector = (more: Partial<DetectOptions> = {}) =>
  createDetector({
    warmup: 100,
    bucketMs: 10_000,
    warning: 0.6,
    critical: 0.85,
    language: 'en',
    timeZone: 'UTC',
    ...more,
  });

/** Ten ordinary lines a second of one service. */
export function traffic(
  from: number,
  to: number,
  service = 'a',
  text = 'served request in 12 ms',
): LogRecord[] {
  const records: LogRecord[] = [];
  for (let second = from; second < to; second++)
    for (let n = 0; n < 10; n++) records.push(record(second + n / 10, 'info', text, service));
  return records;
}
