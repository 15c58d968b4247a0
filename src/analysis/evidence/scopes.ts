import type { TimeWindow } from '../../domain/log/record.ts';
import type { Span } from '../logs/window.ts';

/** What the store is asked for: a stretch of time, of some services only where the question names them. */
export type LogScope = { services?: string[] } & TimeWindow;

/** The stretches of time a question is answered from. */
export interface Scopes {
  /** The window in question. */
  now: LogScope;
  /** The time before it that it is compared with. */
  before?: LogScope | undefined;
  /** The time right before the window, as long as the window where the logs reach so far. */
  preceding?: TimeWindow | undefined;
  /** Where nothing lies before: the first half of what the logs hold of the window. */
  firstHalf?: LogScope | undefined;
  /** A count of `before` times this stands for a time as long as the window. */
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
    // Lines that somebody chose by hand are not a stretch of time that goes on.
    firstHalf: baseline || span.found === 'chosen' ? undefined : { ...only, ...halfOf(span) },
    scale: baseline ? length(window) / length(baseline) : 0,
  };
}

const length = (window: TimeWindow): number => Math.max(1, window.to - window.from);

/** The first half of what the logs hold of the window. */
function halfOf({ window, begins, ends }: Span): TimeWindow {
  const from = Math.max(window.from, begins);
  return { from, to: from + Math.ceil((Math.min(window.to, ends) - from) / 2) };
}
