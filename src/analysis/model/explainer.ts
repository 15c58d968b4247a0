import type { Model, ModelRequest } from '../../backends/model/model.ts';
import type { Config } from '../../config/config.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Question } from '../../domain/question/question.ts';
import type { Asker } from '../../domain/question/spend.ts';
import type { Log } from '../../log.ts';
import { createRedactor, type Redactor } from '../../masking/redact.ts';
import type { Wording } from '../answer/claim-text.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Ranking } from '../ranking/ranking.ts';
import type { Scene } from '../verify/occurrences.ts';
import { type AnswerCache, cacheKey } from './cache.ts';
import type { Breaker } from './circuit-breaker.ts';
import type { Meter } from './meter.ts';
import { estimateTokens, packEvidence } from './pack.ts';
import type { PromptName, Prompts } from './prompt.ts';

/** Real tokenizers need more than a quarter token a character for log text and Korean. */
const RESERVE = 0.6;
const REPLY_TOKENS = 1_200;
/** Beside them for a model that thinks first: its thoughts count, and cut off it says nothing at all. */
const THOUGHT_TOKENS = 4_000;
/** Tokens of evidence that are used for the key of the cache: in practice all of it. */
const KEY_TOKENS = 20_000;

/** A question with what was found without any model. */
export interface Prepared {
  prompt: PromptName;
  question: Question;
  reader: LogReader;
  evidence: Evidence;
  ranking: Ranking;
  /** What claims are checked against. */
  scene: Scene;
  wording: Wording;
  draft: Answer;
}

/** How a model is asked. */
export interface ExplainOptions {
  temperature: number;
  /** Tokens of evidence at most. */
  budgetTokens: number;
  signal: AbortSignal;
  asker: Asker;
  lane: NonNullable<ModelRequest['lane']>;
  /** Ask the model though an answer is in the cache. */
  fresh: boolean;
}

/** What is needed to ask models; the same for all questions. */
export interface ExplainerParts {
  models: readonly Model[];
  /** Ids of models by task, in the order they are tried; a task that is not listed uses all of them. */
  tasks: Config['answers']['tasks'];
  mask: Config['answers']['mask'];
  /** Which models may add a guess in their own words. */
  hypothesis: Config['answers']['hypothesis'];
  prompts: Prompts;
  breaker: Breaker;
  meter: Meter;
  cache: AnswerCache;
  log: Log;
}

/** The models of a task in the order they are asked. */
export function modelsFor(
  parts: Pick<ExplainerParts, 'models' | 'tasks'>,
  prompt: PromptName,
): readonly Model[] {
  const order = parts.tasks[prompt === 'batch' ? 'assess' : prompt];
  return order ? order.flatMap((id) => parts.models.filter((model) => model.id === id)) : parts.models;
}

/** Tokens that thoughts may take before a reply. */
export const thoughtTokens = ({ thinks }: Pick<Model, 'thinks'>): number => (thinks ? THOUGHT_TOKENS : 0);

/** Tokens of the longest reply to one question, thoughts included. */
export const replyTokens = (model: Model): number =>
  Math.min(REPLY_TOKENS + thoughtTokens(model), Math.floor(model.contextTokens / 4));

/** Tokens that are left for evidence beside the instructions and the reply. */
export const roomBeside = (instructions: string, model: Model): number =>
  (model.contextTokens - replyTokens(model)) * RESERVE - estimateTokens(instructions);

/** Hides credentials from every model, and personal data from models outside. */
export const maskerFor = (parts: ExplainerParts, model: Model): Redactor =>
  createRedactor({ personal: model.external, ...(model.external ? parts.mask : {}) });

/** Whether a model may add a guess in its own words. */
export const mayGuess = ({ hypothesis }: ExplainerParts, { external }: Model): boolean =>
  hypothesis === 'always' || (hypothesis === 'local' && !external);

/** Everything that an answer depends on, as the key of the cache. */
export function keyOf(
  parts: ExplainerParts,
  prepared: Prepared,
  options: ExplainOptions,
  model: Model,
): string {
  const { prompt, question, evidence, ranking } = prepared;
  const { kind, text, language } = question;
  const facts = [packEvidence(evidence, ranking, KEY_TOKENS), evidence.requests, evidence.span.window];
  const { temperature, budgetTokens } = options;
  const asked = [prompt, kind, text.trim(), language, temperature, budgetTokens];
  return cacheKey([
    asked,
    facts,
    parts.prompts.version,
    model.name,
    model.tools,
    parts.mask,
    parts.hypothesis,
  ]);
}
