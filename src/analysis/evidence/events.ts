import type { LogCount } from '../../backends/logs/store.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { Lexicon } from '../lexicon/lexicon.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';

/** A change to the system. */
const EVENT = new Lexicon('events').pattern('event');
const START =
  /\b(?:start(?:ing|ed|up)?|listening|serving|initiali[sz]\w*|ready|version|migrat\w*|leader|loaded)\b|시작|기동/i;
const BEGINNING_MS = 2 * MINUTE;
/** A change at most this long before the window may be the reason for the failure. */
const LEAD_MS = 30 * MINUTE;
/** A template with more lines than this is not an event. */
const SELDOM = 20;
const TEMPLATES = 200;
const LINES = 40;

/**
 * Restarts, deployments and configuration lines around the window, oldest first.
 * @param templates those of the window and of the time before
 */
export async function findEvents(
  logs: LogReader,
  span: Span,
  templates: readonly LogCount[],
  options: { services?: string[] | undefined; signal?: AbortSignal | undefined },
): Promise<LogRecord[]> {
  const { services, signal } = options;
  const seldom = templates.filter((entry) => EVENT.test(entry.label) && entry.count <= SELDOM);
  const templateIds = [...new Set(seldom.map(({ key }) => key))].slice(0, TEMPLATES);
  if (templateIds.length === 0) return [];
  const around = { from: Math.max(0, span.window.from - LEAD_MS), to: span.window.to };
  const asked = { ...(services ? { services } : {}), ...around, templateIds };
  const { records } = await logs.search(asked, { limit: LINES, signal });
  return records.filter((record) => !isBeginning(record, span)).reverse();
}

/** At the beginning of the recorded data services report their start: that is not a change. */
const isBeginning = (record: LogRecord, span: Span): boolean =>
  record.timestamp < span.begins + BEGINNING_MS && START.test(record.message);
