import { jsonrepair } from 'jsonrepair';
import { Allow, parse as parsePartial } from 'partial-json';
import type { Model } from '../backends/model/model.ts';
import { AppError, toAppError } from '../domain/errors.ts';
import { type Log, redact } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { type ModelReply, REPLY_JSON_SCHEMA, replySchema } from './prompt.ts';

const FAILURES_TO_OPEN = 3;
const OPEN_MS = 30_000;
/** A refused key does not mend itself within seconds. */
const REFUSED_MS = 5 * 60_000;

/** Stops asking a model that keeps failing, so that people do not wait for it; one trial after each pause. */
export function createBreaker(now: () => number) {
  const models = new Map<string, { failures: number; until: number; open: boolean }>();
  return {
    allows: (name: string): boolean => (models.get(name)?.until ?? 0) <= now(),
    /** @returns whether the model had been given up and answers again. */
    succeeded(name: string): boolean {
      const known = models.get(name);
      models.delete(name);
      return known?.open === true;
    },
    /** @returns whether the model is given up by this failure; false while it stays so. */
    failed(name: string, error: AppError): boolean {
      const failures = (models.get(name)?.failures ?? 0) + 1;
      const pause =
        error.code === 'unauthorized'
          ? REFUSED_MS
          : error.code === 'rate_limited'
            ? (error.retryAfterMs ?? OPEN_MS)
            : failures >= FAILURES_TO_OPEN && error.code !== 'too_large'
              ? OPEN_MS
              : 0;
      const before = models.get(name)?.open === true;
      models.set(name, { failures, until: now() + pause, open: before || pause > 0 });
      return !before && pause > 0;
    },
  };
}

export interface Conversation {
  models: readonly Model[];
  breaker: ReturnType<typeof createBreaker>;
  /** Builds the request for a model; `shrink` halves the data after a `too_large`. Throws when masking fails. */
  build(model: Model, shrink: number): { system: string; prompt: string; unmask(text: string): string };
  maxTokens(model: Model): number;
  temperature: number;
  signal: AbortSignal;
  log: Log;
  metrics?: Metrics;
}

export type ConversationEvent =
  | { kind: 'text'; text: string }
  | {
      kind: 'reply';
      reply: ModelReply;
      model: string;
      tokens: { prompt: number; completion: number };
      usd: number;
    };

/**
 * Asks the models in order until one gives a usable reply. Yields the explanation as it grows, last the reply; no
 * reply at all when every model failed. Throws only AppError `stopped`. Tokens of failed tries count too.
 */
export async function* converse(conversation: Conversation): AsyncIterable<ConversationEvent> {
  const { breaker, log, metrics, signal } = conversation;
  const spent = { prompt: 0, completion: 0, usd: 0 };
  for (const model of conversation.models) {
    if (!breaker.allows(model.name)) continue;
    for (let shrink = 0; shrink < 2; shrink += 1) {
      try {
        let raw = '';
        let shown = '';
        const { system, prompt, unmask } = conversation.build(model, shrink);
        const events = model.ask({
          system,
          prompt,
          schema: REPLY_JSON_SCHEMA,
          schemaName: 'answer',
          temperature: conversation.temperature,
          maxTokens: conversation.maxTokens(model),
          signal,
        });
        for await (const event of events) {
          if (event.kind === 'text') {
            raw += event.text;
            const text = explanationSoFar(raw);
            // Nothing after an opening bracket is shown yet: it may be half a placeholder.
            const safe = text && unmask(text.replace(/\[[A-Z]*(?:_\d*)?$/, ''));
            if (safe && safe !== shown) {
              shown = safe;
              yield { kind: 'text', text: safe };
            }
            continue;
          }
          const { prompt: p, completion: c } = event.tokens;
          const usd = (p * model.price.prompt + c * model.price.completion) / 1e6;
          spent.prompt += p;
          spent.completion += c;
          spent.usd += usd;
          metrics?.modelTokens.inc({ model: model.name, kind: 'prompt' }, p);
          metrics?.modelTokens.inc({ model: model.name, kind: 'completion' }, c);
          metrics?.modelUsd.inc({ model: model.name }, usd);
        }
        const reply = unmaskReply(readReply(raw), unmask);
        if (breaker.succeeded(model.name)) log.info({ model: model.name }, 'the model answers again');
        const tokens = { prompt: spent.prompt, completion: spent.completion };
        yield { kind: 'reply', reply, model: model.name, tokens, usd: spent.usd };
        return;
      } catch (cause) {
        const error = toAppError(cause);
        if (signal.aborted) throw new AppError('stopped', 'the question was stopped', { cause });
        // The answer itself says that no model took part; the log needs one line, not a stack for each question.
        log.debug({ model: model.name, code: error.code, err: error }, 'the model gave no usable reply');
        if (error.code === 'too_large' && shrink === 0) continue;
        if (breaker.failed(model.name, error))
          log.warn(
            { model: model.name, code: error.code, reason: redact(error.message) },
            'the model is given up for now; answers go on without it',
          );
        break;
      }
    }
  }
}

/** The explanation in an unfinished JSON object; undefined before it begins. */
export function explanationSoFar(raw: string): string | undefined {
  const start = raw.indexOf('{');
  if (start < 0) return undefined;
  try {
    const value: unknown = parsePartial(raw.slice(start), Allow.STR | Allow.OBJ);
    const text = (value as { explanation?: unknown } | null)?.explanation;
    return typeof text === 'string' && text !== '' ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The reply in a model's text: as JSON, else repaired once (cut off, fenced, single quotes …).
 * Throws AppError `malformed` when it is not the object that was asked for.
 */
export function readReply(raw: string): ModelReply {
  const start = Math.max(0, raw.indexOf('{'));
  const attempts: (() => unknown)[] = [
    () => JSON.parse(raw),
    () => JSON.parse(raw.slice(start, raw.lastIndexOf('}') + 1)),
    () => JSON.parse(jsonrepair(raw.slice(start))),
  ];
  for (const attempt of attempts) {
    try {
      const parsed = replySchema.safeParse(attempt());
      if (parsed.success && parsed.data.explanation.trim() !== '') return parsed.data;
    } catch {
      // The next attempt, or malformed.
    }
  }
  throw new AppError('malformed', 'the reply is not the JSON object that was asked for');
}

const unmaskReply = (reply: ModelReply, unmask: (text: string) => string): ModelReply => ({
  ...reply,
  explanation: unmask(reply.explanation),
  root_cause: unmask(reply.root_cause),
  solution: unmask(reply.solution),
  summary: unmask(reply.summary),
  quotes: reply.quotes.map(unmask),
});
