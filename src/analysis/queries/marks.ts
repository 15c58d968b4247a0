import type { TimeWindow } from '../../domain/log/record.ts';
import type { LogReader } from '../logs/reader.ts';
import { findWindow } from '../logs/window.ts';
import { topicForms } from './words/words.ts';

/** A time named by something that happened: `since the deploy`. */
export interface MarkedTime {
  mark: 'deploy' | 'restart' | 'incident';
  side: 'since' | 'before';
}

/**
 * The window before or since the latest deployment, restart or burst of errors that the logs show.
 * @returns undefined where they show none
 */
export async function markedWindow(
  logs: LogReader,
  { mark, side }: MarkedTime,
  extent: TimeWindow,
): Promise<TimeWindow | undefined> {
  const at = mark === 'incident' ? await burstBegin(logs, extent) : await latestLine(logs, topicForms(mark));
  if (at === undefined) return undefined;
  return side === 'since' ? { from: at, to: extent.to } : { from: extent.from, to: at };
}

async function burstBegin(logs: LogReader, extent: TimeWindow): Promise<number | undefined> {
  const span = await findWindow(logs, {}, extent.to);
  return span?.found === 'burst' ? span.window.from : undefined;
}

async function latestLine(logs: LogReader, forms: readonly string[]): Promise<number | undefined> {
  const times: number[] = [];
  for (const form of forms) {
    const { records } = await logs.search({ text: `"${form}"` }, { limit: 1 });
    times.push(...records.map(({ timestamp }) => timestamp));
  }
  return times.length > 0 ? Math.max(...times) : undefined;
}
