import type { TimeWindow } from '../../domain/log/record.ts';
import type { Span } from '../logs/window.ts';

/** The scope of a query to the store: a stretch of time, and only some services if the question names them. */
export type LogScope = { services?: string[] } & TimeWindow;

/** The stretches of time that are used for the answer. */
export interface Scopes {
  /** The window in question. */
  now: LogScope;
  /** The time before it, for comparison. */
  before?: LogScope | undefined;
  /** The time right before the window, as long as the window where the logs reach so far. */
  preceding?: TimeWindow | undefined;
  /** If there is no time before: the first half of the part of the window that has logs. */
  firstHalf?: LogScope | undefined;
  /** A count of `before`, multiplied with this, stands for a time as long as the window. */
  scale: number;
}

/** The stretches of time to ask about, for a span and the services a question names. */
export function scopesOf(span: Span, services?: string[]): Scopes {
  const { window, baseline } = span;
  const only = services ? { services } : {};
  return {
    now: { ...only, ...window },
    before: baseline && { ...only, ...baseline },
    preceding: baseline && {
      from: Math.max(baseline.from, window.from - length(window)),
      to: window.from,
    },
    // Lines that somebody selected by hand are not a continuous stretch of time.
    firstHalf: baseline || span.found === 'chosen' ? undefined : { ...only, ...halfOf(span) },
    scale: baseline ? length(window) / length(baseline) : 0,
  };
}

const length = (window: TimeWindow): number => Math.max(1, window.to - window.from);

/** The first half of the part of the window that has logs. */
function halfOf({ window, begins, ends }: Span): TimeWindow {
  const from = Math.max(window.from, begins);
  return { from, to: from + Math.ceil((Math.min(window.to, ends) - from) / 2) };
}
