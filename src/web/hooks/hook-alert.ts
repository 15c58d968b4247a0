import { z } from 'zod';
import { instant } from '../../domain/alert/anomaly.ts';

/** One alert as its sender tells it, in a form that is that of none of them. */
export interface HookAlert {
  /** Its identity at its sender: the same while it fires, and when it is over. */
  key: string;
  /** What it is called; alerts of one name are one kind of problem. */
  name: string;
  status: 'firing' | 'resolved';
  /** Epoch milliseconds. Of one that is over: when it began, or when it ended where the sender does not say that. */
  since: number;
  until?: number;
  /** What tells a new state of it from a repeated notification; by default when it began. */
  state?: string;
  /** What its sender says of it, in sentences. */
  text: string[];
  /** In the words of its sender. */
  severity?: string;
  /** Where the sender names the service itself; by default it is looked for in the labels. */
  service?: string;
  labels: ReadonlyMap<string, string>;
  url?: string;
  /** Whether the sender also tells when it is over. */
  ends: boolean;
}

/** What was read of one element of a payload, or what is wrong with it and where. */
export type HookRead = { alert: HookAlert } | { wrong: { path: string; message: string }[] };

/** A request to a hook, as a sender's form reads it. */
interface HookRequest {
  payload: unknown;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Epoch milliseconds. */
  receivedAt: number;
}

/** Reads the payload of one sender. An event that is no alert gives none. */
export type HookReader = (request: HookRequest) => HookRead[];

const LABELS = 100;
const LABEL_NAME = 200;
const LABEL_VALUE = 1_000;

/** The labels in an object: its texts, numbers and truth values. Anything else, and what is too much, is left out. */
export function labelsOf(...given: unknown[]): Map<string, string> {
  const labels = new Map<string, string>();
  for (const value of given) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    for (const [name, label] of Object.entries(value)) {
      if (labels.size >= LABELS) return labels;
      if (name.length > LABEL_NAME || labels.has(name)) continue;
      if (typeof label === 'string') {
        if (label.trim() !== '') labels.set(name, label.slice(0, LABEL_VALUE).toWellFormed());
      } else if (typeof label === 'number' || typeof label === 'boolean') labels.set(name, String(label));
    }
  }
  return labels;
}

/** Epoch milliseconds of a time as text or as an epoch in any unit. */
export const time = instant.transform((text) => Date.parse(text.endsWith('Z') ? text : `${text}Z`));

/** An optional text; whatever else stands there is left out. */
export const text = z.string().optional().catch(undefined);

/** A name or an id: text, or a number that is written out. */
export const name = z.union([z.string().min(1), z.number().transform(String)]);

/** Reads with a schema; what is wrong comes with its path in the payload. */
export function readWith<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: string,
  make: (value: z.output<T>) => HookAlert | undefined,
): HookRead[] {
  let parsed: ReturnType<T['safeParse']>;
  try {
    parsed = schema.safeParse(value) as ReturnType<T['safeParse']>;
  } catch {
    // A check of a length trips over an object with a `length` that is no number.
    return [{ wrong: [{ path: path || '(top level)', message: 'cannot be read' }] }];
  }
  if (parsed.success) {
    const alert = make(parsed.data as z.output<T>);
    return alert ? [{ alert }] : [];
  }
  const wrong = parsed.error.issues.slice(0, 5).map((issue) => ({
    path: [path, ...issue.path.map(String)].filter((part) => part !== '').join('.') || '(top level)',
    message: issue.message,
  }));
  return [{ wrong }];
}
