import type { Model } from '../../backends/model/model.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { type ModelTrouble, menderOf } from '../../domain/question/model-fault.ts';
import type { Language } from '../../domain/question/question.ts';
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import { say } from '../../i18n/answers.ts';
import { healthText, type Phrase } from '../../i18n/health.ts';
import { usd as dollars, figure } from '../../i18n/numbers.ts';
import type { Usage, WithoutReply } from './converse.ts';

/** An answer with the model that gave it and its cost. */
export const charge = (answer: Answer, model: string, { tokens, usd }: Usage): Answer => ({
  ...answer,
  model,
  tokens: { ...tokens },
  usd,
});

/** An answer from the cache: it costs nothing now. */
export const fromCache = (answer: Answer): Answer => ({
  ...answer,
  cached: true,
  tokens: { prompt: 0, completion: 0 },
  usd: 0,
});

/** A model's name, and where it ran if it could use less of the GPU than it needs. */
export function shownName({ name, onGpu }: Model): string {
  if (!onGpu) return name;
  return `${name} (${onGpu.layers === 0 ? 'CPU' : `GPU ${onGpu.layers}/${onGpu.of}`})`;
}

/** Says that the model could use less of the GPU than it needs, so that people can make room for it. */
export function withGpuNote(answer: Answer, { onGpu }: Model, language: Language): Answer {
  if (!onGpu) return answer;
  const note = onGpu.layers === 0 ? say(language, 'model.onCpu') : say(language, 'model.onGpu', { ...onGpu });
  return { ...answer, explanation: `${answer.explanation}\n${note}` };
}

/** The draft, with a last line that says why no model was used. */
export function withoutModel(draft: Answer, language: Language, { refused, troubles }: WithoutReply): Answer {
  const shown = (value: number): string => (refused?.unit === 'usd' ? dollars(value, 2) : figure(value));
  const notes = refused
    ? [
        say(language, `budget.${refused.scope}.${refused.unit}`, {
          spent: shown(refused.spent),
          limit: shown(refused.limit),
        }),
      ]
    : [...troubleNotes(language, troubles), say(language, 'explain.alone')];
  return { ...draft, explanation: `${draft.explanation}\n${notes.join(' ')}` };
}

/** What is wrong with each model that should have been asked, and who can mend it. Equal notes appear once. */
function troubleNotes(language: Language, troubles: readonly ModelTrouble[]): string[] {
  const real = troubles.filter(({ fault }) => fault !== 'none');
  if (real.length === 0) return [say(language, 'model.none')];
  const notes = real.map(({ model, fault, waitMs }) => {
    const short = model.slice(model.indexOf('/') + 1);
    const seconds = Math.max(1, Math.ceil((waitMs ?? MINUTE) / SECOND));
    return say(language, `model.${menderOf(fault)}`, {
      model,
      fault: healthText(language, [`fault.${fault}`]),
      mend: healthText(language, [`mend.model.${fault}`, { model: short, seconds }] as Phrase),
    });
  });
  return [...new Set(notes)];
}
