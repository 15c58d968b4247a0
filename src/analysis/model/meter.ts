import type { Model, ModelEvent, ModelRequest } from '../../backends/model/model.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { BudgetRefusal, Spent } from '../../domain/question/spend.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Charged, Ledger } from './ledger.ts';
import { estimateTokens } from './pack.ts';

/** A budget is used up; `limit` says which one. */
export class BudgetSpent extends AppError {
  override name = 'BudgetSpent';
  readonly refusal: BudgetRefusal;
  constructor(refusal: BudgetRefusal) {
    const { scope, unit, limit } = refusal;
    super('budget_spent', `the ${unit} of the ${scope} are spent: ${refusal.spent} of ${limit}`);
    this.refusal = refusal;
  }
}

export interface MeterOptions {
  /** Absent: nothing is limited, as on the command line over files. */
  ledger?: Ledger | undefined;
  metrics?: Metrics | undefined;
  log: Log;
}

/** Asks models within the budgets, and records what they cost. */
export interface Meter {
  /**
   * `model.ask` within the budgets, counted and charged. If a call broke off after its first word, the server gave no figures;
   * then the text that was sent and received is charged. Throws AppError `budget_spent` (BudgetSpent if a limit is reached)
   * besides what `ask` throws.
   */
  ask(model: Model, request: ModelRequest, charged: Omit<Charged, 'model'>): AsyncIterable<ModelEvent>;
}

/** Dollars for tokens at a price per million. */
export const callCost = (price: Model['price'], tokens: { prompt: number; completion: number }): number =>
  (tokens.prompt * price.prompt + tokens.completion * price.completion) / 1e6;

/** @returns a meter over a ledger; without a ledger it only counts. */
export function createMeter({ ledger, metrics, log }: MeterOptions): Meter {
  return {
    async *ask(model, request, { asker, task }) {
      const charged: Charged = { asker, task, model: model.name };
      const sent = estimateTokens(request.system) + estimateTokens(request.prompt);
      // A token may be less than four characters, so the amount set aside is rather too high.
      const most = { prompt: sent * 2, completion: request.maxTokens };
      const usd = callCost(model.price, most);
      const reserved = await reserve(charged, { usd, tokens: most.prompt + most.completion });
      const started = performance.now();
      let spent: Spent | undefined;
      let received = '';
      let outcome = 'done';
      try {
        for await (const event of model.ask(request)) {
          if (event.kind === 'text') received += event.text;
          else spent = { ...event.tokens, usd: callCost(model.price, event.tokens), calls: 1 };
          yield event;
        }
      } catch (error) {
        outcome = toAppError(error).code;
        throw error;
      } finally {
        if (!spent && received !== '') {
          const guess = { prompt: sent, completion: estimateTokens(received) };
          spent = { ...guess, usd: callCost(model.price, guess), calls: 1 };
        }
        metrics?.modelCalls.inc({ model: model.name, task, outcome });
        metrics?.modelSeconds.observe({ model: model.name }, (performance.now() - started) / 1_000);
        if (spent) {
          metrics?.modelTokens.inc({ model: model.name, kind: 'prompt' }, spent.prompt);
          metrics?.modelTokens.inc({ model: model.name, kind: 'completion' }, spent.completion);
          metrics?.modelUsd.inc({ model: model.name }, spent.usd);
        }
        if (reserved)
          await reserved
            .settle(spent ?? { usd: 0, prompt: 0, completion: 0, calls: 0 })
            .catch((error: unknown) => {
              log.warn({ err: error, model: model.name }, 'what a question cost could not be written down');
            });
      }
    },
  };

  async function reserve(
    charged: Charged,
    most: { usd: number; tokens: number },
  ): Promise<{ settle(spent: Spent): Promise<void> } | undefined> {
    if (!ledger) return undefined;
    let result: Awaited<ReturnType<Ledger['reserve']>>;
    try {
      result = await ledger.reserve(charged, most);
    } catch (error) {
      // If the costs cannot be counted, no money may be spent; a free model may be used.
      if (most.usd > 0) throw new AppError('budget_spent', 'the budget cannot be read', { cause: error });
      log.warn({ err: error }, 'the budget cannot be read; a free model is asked all the same');
      return undefined;
    }
    if ('refused' in result) {
      metrics?.budgetRefusals.inc({ scope: result.refused.scope, unit: result.refused.unit });
      throw new BudgetSpent(result.refused);
    }
    const { hold } = result;
    return { settle: (spent) => ledger.settle(hold, charged, spent) };
  }
}
