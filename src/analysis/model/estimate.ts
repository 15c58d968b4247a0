import type { Model } from '../../backends/model/model.ts';
import type { Estimate } from '../../domain/question/spend.ts';
import { PACK_TOKENS } from './pack.ts';

/** Instructions, schema and the question beside the evidence; and the longest reply. Tokens. */
const AROUND = 2_500;
const REPLY = 1_200;

/** The highest cost of one explanation: the most expensive of the models with the most evidence and the longest reply. */
export const mostCost = (models: readonly Pick<Model, 'contextTokens' | 'price'>[]): Estimate =>
  models.reduce<Estimate>(
    (most, { contextTokens, price }) => {
      const prompt = Math.min(contextTokens, PACK_TOKENS + AROUND);
      return {
        usd: Math.max(most.usd, (prompt * price.prompt + REPLY * price.completion) / 1e6),
        tokens: Math.max(most.tokens, prompt + REPLY),
      };
    },
    { usd: 0, tokens: 0 },
  );
