import type { Language } from './question.ts';

/**
 * A chat message that is independent of the platform. All strings are plain text: each adapter escapes them for the place where
 * it shows them, so no log line can become markup, a mention or a link.
 */
export interface Message {
  /** One line for notifications and screen readers. */
  summary: string;
  /** Colour of the bar beside the message. */
  tone: 'critical' | 'warning' | 'good' | 'neutral';
  /**
   * Whom to call: `here`, `user:ID` or `group:ID` with ids of the platform. Only the configuration and what a person
   * typed may fill it, never log text.
   */
  mentions?: string[];
  blocks: Block[];
}

export type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'fields'; fields: Field[] }
  /** Verbatim log lines, in a box with a monospaced font. */
  | { kind: 'lines'; lines: string[] }
  /** Small grey text: model, cost, time. */
  | { kind: 'footnote'; text: string }
  /** What few people need: folded away where the platform can do that, else small and short. */
  | { kind: 'details'; label: string; text: string; lines: string[] }
  | { kind: 'progress'; fraction: number; label: string }
  | { kind: 'buttons'; buttons: Button[] }
  | { kind: 'chart'; chart: Chart }
  /** The report of a heavy analysis as files, which are written when the message is sent. */
  | { kind: 'report'; jobId: string; language: Language };

export interface Field {
  label: string;
  value: string;
  /** Epoch milliseconds. Adapters add how long ago that is, and keep it true where the platform can. */
  at?: number;
}

export interface Button {
  label: string;
  style?: 'primary' | 'danger';
  action: Action;
}

export const ACTION_NAMES = [
  'why',
  'summarize',
  'acknowledge',
  'resolve',
  'mute',
  'unmute',
  'take',
  'reopen',
  'false_alarm',
  'real',
  'merge',
  'split',
  'more',
  'show',
  'stop',
  'retry',
  'job-stop',
  'job-retry',
  'job-drop',
] as const;
type ActionName = (typeof ACTION_NAMES)[number];

/**
 * What a pressed button means. `subject` is the incident or job id; `value` is the other incident of a merge, or how
 * long to mute in ms, with `:template` or `:service` behind it for more than the incident.
 */
export interface Action {
  name: ActionName;
  subject: string;
  value?: string;
}

/** At most 100 characters (Discord's `custom_id` limit): `name|subject|value`. */
export const encodeAction = (action: Action): string =>
  [action.name, action.subject, ...(action.value ? [action.value] : [])].join('|');

/** The reverse of `encodeAction`; undefined if the text was not made by it. */
export function decodeAction(text: string): Action | undefined {
  const [name, subject, value] = text.split('|');
  if (!subject || !ACTION_NAMES.includes(name as ActionName)) return undefined;
  return { name: name as ActionName, subject, ...(value ? { value } : {}) };
}

/** A picture of one bar or line per series, over time or over named things. */
export interface Chart {
  title: string;
  /** Epoch milliseconds of each bucket's start; empty if `labels` are on the axis. */
  at: number[];
  /** Names of the things that are compared; the bars of one thing are side by side. */
  labels?: string[];
  series: ChartSeries[];
  /** A moment to mark, e.g. when the anomaly was found. */
  mark?: { at: number; label: string };
}

export interface ChartSeries {
  name: string;
  kind: 'bar' | 'line';
  values: number[];
  tone: 'critical' | 'neutral' | 'good';
  /** The interval of each value, drawn as a whisker; only with `labels`. */
  intervals?: { low: number; high: number }[];
}
