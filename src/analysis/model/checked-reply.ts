import type { Answer } from '../../domain/question/answer.ts';
import { ModelError } from '../../domain/question/model-fault.ts';
import { mergeReply } from '../answer/merge-reply.ts';
import { checkClaim } from '../verify/check.ts';
import { CLAIMS, type Claim, type ModelReply } from '../verify/claim.ts';
import { cleanHypothesis } from '../verify/hypothesis.ts';
import type { Told } from '../verify/told.ts';
import type { Prepared } from './explainer.ts';

/** Checks the claims of a reply one by one, each once, also while they arrive. */
export interface ClaimChecker {
  /** What has checked so far, in the order of the claims. */
  readonly told: readonly Told[];
  /** How many did not. */
  readonly removed: number;
  /** @param claims all so far; those that were checked already are not checked again. Throws what the store throws. */
  add(claims: ModelReply['claims']): Promise<void>;
}

export function createClaimChecker({ scene }: Pick<Prepared, 'scene'>): ClaimChecker {
  const told: Told[] = [];
  const seen = new Set<string>();
  let looked = 0;
  let removed = 0;
  const check = async (claim: Claim | undefined): Promise<void> => {
    const key = JSON.stringify(claim);
    if (claim && seen.has(key)) return;
    seen.add(key);
    const found = claim && told.length < CLAIMS ? await checkClaim(scene, claim) : undefined;
    if (found) told.push(found);
    else removed += 1;
  };
  return {
    told,
    get removed() {
      return removed;
    },
    async add(claims) {
      for (; looked < claims.length; looked += 1) await check(claims[looked]);
    },
  };
}

/** Of fewer lines hardly anything can be claimed. */
const TELLING = 10;

/** Whether there is so much to claim that a reply without one true claim is the model's fault. */
export const tellsEnough = ({ evidence }: Prepared): boolean => evidence.records >= TELLING;

/**
 * The answer with the claims of a reply that check.
 * @param options.given the text that the model was given; without it no guess of the model is shown
 * Throws ModelError `untrue` where a model claims something of enough lines and nothing of it is so: it helps nobody.
 */
export function checkedAnswer(
  prepared: Prepared,
  reply: ModelReply,
  checker: ClaimChecker,
  options: { given?: string | undefined },
): Answer {
  const { scene, draft, wording } = prepared;
  const { told } = checker;
  if (reply.claims.length > 0 && told.length === 0 && tellsEnough(prepared))
    throw new ModelError('untrue', 'not one claim of the reply is so');
  const services = [...scene.subjects.values()].flatMap((one) => ('service' in one ? [one.service] : []));
  const { given } = options;
  const guess = reply.hypothesis.trim();
  const hypothesis = given === undefined ? undefined : cleanHypothesis(guess, given, services);
  const removed = checker.removed + (given !== undefined && guess !== '' && !hypothesis ? 1 : 0);
  return mergeReply(draft, { told, hypothesis, removed }, wording);
}
