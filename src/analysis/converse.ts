import type { Model, ModelRequest } from '../backends/model/model.ts';
import { AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { Asker, Refusal } from '../domain/spend.ts';
import { type Log, redact } from '../log.ts';
import type { Breaker } from './breaker.ts';
import { BudgetSpent, cost, type Meter } from './meter.ts';

/** What one try needs of the model: its text piece by piece; costs are counted on the way. */
export type AskModel = (
  request: Omit<ModelRequest, 'temperature' | 'signal' | 'lane'>,
) => AsyncIterable<string>;

export interface Conversation<R> {
  models: readonly Model[];
  breaker: Breaker;
  meter: Meter;
  asker: Asker;
  /** What the call is booked under: `why`, `summarize`, `assess`. */
  task: string;
  lane: NonNullable<ModelRequest['lane']>;
  temperature: number;
  signal: AbortSignal;
  log: Log;
  /** An answer this model gave to the same before; asked right before the model is. */
  known?: (model: Model) => Promise<R | undefined>;
  /**
   * One try with one model: yields what may be shown already, returns the reply. Throws AppError `malformed` for a
   * reply that cannot be read; `shrink` says how often the data have to be halved after a `too_large`.
   */
  attempt(model: Model, shrink: number, ask: AskModel): AsyncGenerator<string, R>;
}

export interface Usage {
  tokens: { prompt: number; completion: number };
  usd: number;
}

/** Why there is no reply: every model failed, the last one with this code, or was kept back by a budget. */
export interface WithoutReply {
  refused?: Refusal;
  failed?: ErrorCode;
}

export type ConversationEvent<R> =
  | { kind: 'text'; text: string }
  /** `known`: it was given before and cost nothing now. */
  | ({ kind: 'reply'; reply: R; model: Model; known: boolean } & Usage)
  | ({ kind: 'none' } & WithoutReply & Usage);

/**
 * Asks the models in order until one gives a usable reply. Yields what may be shown as it grows, last the reply or
 * that there is none. Throws only AppError `stopped`. Tokens of failed tries count too.
 */
export async function* converse<R>(conversation: Conversation<R>): AsyncIterable<ConversationEvent<R>> {
  const { breaker, log, signal, lane } = conversation;
  const spent: Usage = { tokens: { prompt: 0, completion: 0 }, usd: 0 };
  const without: WithoutReply = {};
  for (const model of conversation.models) {
    if (!breaker.allows(model.name, lane)) continue;
    const known = await conversation.known?.(model);
    if (known !== undefined) {
      yield { kind: 'reply', reply: known, model, known: true, ...spent };
      return;
    }
    for (let shrink = 0; shrink < 2; shrink += 1) {
      const tried = conversation.attempt(model, shrink, askMetered(conversation, model, spent));
      try {
        let step = await tried.next();
        for (; !step.done; step = await tried.next()) yield { kind: 'text', text: step.value };
        if (breaker.succeeded(model.name)) log.info({ model: model.name }, 'the model answers again');
        yield { kind: 'reply', reply: step.value, model, known: false, ...spent };
        return;
      } catch (cause) {
        const error = toAppError(cause);
        if (signal.aborted) throw new AppError('stopped', 'the question was stopped', { cause });
        // The answer itself says that no model took part; the log needs one line, not a stack for each question.
        log.debug({ model: model.name, code: error.code, err: error }, 'the model gave no usable reply');
        if (error.code === 'budget_spent') {
          if (error instanceof BudgetSpent) without.refused ??= error.refusal;
          break;
        }
        if (error.code === 'too_large' && shrink === 0) continue;
        without.failed = error.code;
        if (breaker.failed(model.name, error))
          log.warn(
            { model: model.name, code: error.code, reason: redact(error.message) },
            'the model is given up for now; answers go on without it',
          );
        break;
      } finally {
        // Left early: what runs behind the try ends too.
        await tried.return(undefined as never);
      }
    }
  }
  yield { kind: 'none', ...spent, ...without };
}

function askMetered<R>(conversation: Conversation<R>, model: Model, spent: Usage): AskModel {
  const { meter, asker, task, lane, temperature, signal } = conversation;
  return async function* (request) {
    const events = meter.ask(model, { ...request, temperature, lane, signal }, { asker, task });
    for await (const event of events) {
      if (event.kind === 'text') yield event.text;
      else {
        spent.tokens.prompt += event.tokens.prompt;
        spent.tokens.completion += event.tokens.completion;
        spent.usd += cost(model.price, event.tokens);
      }
    }
  };
}
