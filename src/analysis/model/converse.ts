import type { Model, ModelRequest } from '../../backends/model/model.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import { faultOf, ModelError, type ModelTrouble } from '../../domain/question/model-fault.ts';
import type { Asker, BudgetRefusal } from '../../domain/question/spend.ts';
import { type Log, redact } from '../../log.ts';
import type { Breaker } from './circuit-breaker.ts';
import { BudgetSpent, callCost, type Meter } from './meter.ts';

/** One try with a model: its text piece by piece; costs are counted at the same time. */
type AskModel = (request: Omit<ModelRequest, 'temperature' | 'signal' | 'lane'>) => AsyncIterable<string>;

/** One try with one model. */
export interface ModelTry {
  model: Model;
  /** How often the evidence was halved because it did not fit. */
  shrink: number;
  ask: AskModel;
}

interface Conversation<R> {
  models: readonly Model[];
  breaker: Breaker;
  meter: Meter;
  asker: Asker;
  /** The name under which the costs of the call are recorded: `why`, `summarize`, `assess`. */
  task: string;
  lane: NonNullable<ModelRequest['lane']>;
  temperature: number;
  signal: AbortSignal;
  log: Log;
  /** Whether a reply shows what the words of the model about logs are worth; a chosen query does not. */
  judges: boolean;
  /** An earlier answer of this model to the same question; looked up right before the model is asked. */
  known?: (model: Model) => Promise<R | undefined>;
  /**
   * One try with one model: yields what can be shown already, returns the reply. Throws AppError `malformed` for a reply that
   * cannot be read; `shrink` says how often the data have to be halved after a `too_large`.
   */
  attempt(model: Model, shrink: number, ask: AskModel): AsyncGenerator<string, R>;
}

export interface Usage {
  tokens: { prompt: number; completion: number };
  usd: number;
}

/** Why there is no reply: what was wrong with each model, in their order, or which budget did not allow to ask one. */
export interface WithoutReply {
  refused?: BudgetRefusal;
  /** Empty if no model is configured. */
  troubles: ModelTrouble[];
}

export type ConversationEvent<R> =
  | { kind: 'text'; text: string }
  /** `known`: it is an earlier answer and cost nothing now. */
  | ({ kind: 'reply'; reply: R; model: Model; known: boolean } & Usage)
  | ({ kind: 'none' } & WithoutReply & Usage);

/**
 * Asks the models in order until one gives a usable reply. Yields what can be shown as it grows; the last value is the reply, or
 * why there is none. Throws only AppError `stopped`. Tokens of failed tries count too.
 */
export async function* converse<R>(conversation: Conversation<R>): AsyncIterable<ConversationEvent<R>> {
  const { breaker, log, signal, lane } = conversation;
  const spent: Usage = { tokens: { prompt: 0, completion: 0 }, usd: 0 };
  const without: WithoutReply = { troubles: [] };
  for (const model of conversation.models) {
    if (!breaker.allows(model.name, lane)) {
      const reason = breaker.reason(model.name);
      if (reason) without.troubles.push(troubleOf(model, reason));
      continue;
    }
    const known = await conversation.known?.(model);
    if (known !== undefined) {
      yield { kind: 'reply', reply: known, model, known: true, ...spent };
      return;
    }
    for (let shrink = 0; shrink < 2; ) {
      const tried = conversation.attempt(model, shrink, askMetered(conversation, model, spent));
      try {
        let step = await tried.next();
        for (; !step.done; step = await tried.next()) yield { kind: 'text', text: step.value };
        if (await answersAgain(conversation, model))
          log.info({ model: model.name }, 'the model answers again');
        yield { kind: 'reply', reply: step.value, model, known: false, ...spent };
        return;
      } catch (cause) {
        const error = toAppError(cause);
        if (signal.aborted) throw new AppError('stopped', 'the question was stopped', { cause });
        // The log needs one line, not a stack for each question.
        log.debug({ model: model.name, code: error.code, err: error }, 'the model gave no usable reply');
        if (error.code === 'budget_spent') {
          if (error instanceof BudgetSpent) without.refused ??= error.refusal;
          break;
        }
        // It is asked again in another way; an adapter has only a few of them.
        if (error instanceof ModelError && error.again) continue;
        if (error.code === 'too_large' && shrink === 0) {
          shrink += 1;
          continue;
        }
        without.troubles.push(troubleOf(model, error));
        // The server answered, so only here it is known that the reply was of no use.
        if (conversation.judges && error.code === 'malformed') await model.judged?.(faultOf(error));
        if (breaker.failed(model.name, error)) tell(log, model, error);
        break;
      } finally {
        // The caller left early: the request behind the try must end too.
        await tried.return(undefined as never);
      }
    }
  }
  yield { kind: 'none', ...spent, ...without };
}

/** Notes a reply that can be used. @returns whether the model had failed before. */
async function answersAgain<R>({ breaker, judges }: Conversation<R>, model: Model): Promise<boolean> {
  const reason = breaker.reason(model.name);
  if (!judges && reason && faultOf(reason) === 'untrue') return false;
  if (judges) await model.judged?.(undefined);
  return breaker.succeeded(model.name);
}

const troubleOf = (model: Model, error: AppError): ModelTrouble => ({
  model: model.name,
  fault: faultOf(error),
  ...(error.retryAfterMs === undefined ? {} : { waitMs: error.retryAfterMs }),
});

/** One line when the reason changes; people read in the answer itself that no model was used, and why. */
function tell(log: Log, { name: model }: Model, error: AppError): void {
  const fault = faultOf(error);
  const about = { model, fault, code: error.code, reason: redact(error.message) };
  // No model is configured, or the question was too long for it: this is not a failure of the model.
  if (fault === 'none' || fault === 'context') log.info(about, 'no model took part in an answer');
  else log.warn(about, 'the model does not answer; answers go on without it');
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
        spent.usd += callCost(model.price, event.tokens);
      }
    }
  };
}
