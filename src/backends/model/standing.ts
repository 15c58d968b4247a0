import { createHash } from 'node:crypto';
import { toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { faultOf, ModelError, type ModelFault } from '../../domain/question/model-fault.ts';
import { DAY } from '../../domain/time/units.ts';
import { healthOf, type Phrase, phrasesOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';
import type { Model } from './model.ts';

/** A fault nobody met again in so long is not known to be there any more. */
const KEEP_MS = 7 * DAY;

/** Faults of a server that is not there, or not with this model. */
export const AWAY: ReadonlySet<ModelFault> = new Set(['refused', 'unknown_host', 'unreachable', 'missing']);

/** What health says of a model that gives no answer. */
export const faultHealth = (
  kind: string,
  where: Phrase[],
  { fault, model, waitMs }: { fault: ModelFault; model: string; waitMs?: number | undefined },
): Health =>
  healthOf(false, kind, [...where, [`fault.${fault}`]], [
    `mend.model.${fault}`,
    { model, seconds: Math.ceil((waitMs ?? 60_000) / 1_000) },
  ] as Phrase);

/** How the last question to a model ended. */
interface Standing {
  fault: ModelFault;
  waitMs?: number;
}

/**
 * A model that remembers how its last answer ended: health is ill, with the reason, until an answer succeeds, in whichever
 * process on the same state store, and after a restart.
 * @param options.address what makes it another model: where it is asked and with what key; only its hash is kept
 * @param options.assumed nobody named it: that it is not there is no trouble, only no model
 */
export function standing(
  model: Model,
  options: { state: StateStore | undefined; address: string; assumed: boolean; log: Log },
): Model {
  const { state, log } = options;
  const hash = createHash('sha256').update(options.address).digest('hex').slice(0, 16);
  const id = `model-standing/${model.name}/${hash}`;
  let last: Standing | undefined;
  /** Whether the store has what was noted last; what it says since then another process has noted. */
  let kept = false;
  let answered = false;

  const stored = async (): Promise<Standing | undefined> => (await state?.get('model-fault', id))?.value;

  async function note(next: Standing | undefined): Promise<void> {
    last = next;
    kept = false;
    if (!state) return;
    try {
      if ((await stored())?.fault !== next?.fault)
        await state.commit(
          next
            ? { put: [{ kind: 'model-fault', id, value: next, ttlMs: KEEP_MS }] }
            : { delete: [{ kind: 'model-fault', id }] },
        );
      kept = true;
    } catch (err) {
      log.debug({ err, model: model.name }, 'how a model answers could not be kept');
    }
  }

  async function known(): Promise<Standing | undefined> {
    try {
      const shared = await stored();
      return kept || !(last || answered) ? shared : last;
    } catch {
      return last;
    }
  }

  async function failed(cause: unknown): Promise<unknown> {
    const error = toAppError(cause);
    const fault = faultOf(error);
    // What was asked was too long, or is not wanted any more: that says nothing of the model.
    if (error.code === 'stopped' || error.code === 'too_large') return cause;
    if (error instanceof ModelError && error.again) return cause;
    if (options.assumed && !answered && AWAY.has(fault))
      return new ModelError('none', error.message, { cause: error });
    await note({ fault, ...(error.retryAfterMs === undefined ? {} : { waitMs: error.retryAfterMs }) });
    return cause;
  }

  return {
    id: model.id,
    name: model.name,
    get onGpu() {
      return model.onGpu;
    },
    external: model.external,
    get contextTokens() {
      return model.contextTokens;
    },
    price: model.price,
    tools: model.tools,
    async *ask(request) {
      try {
        yield* model.ask(request);
      } catch (cause) {
        throw await failed(cause);
      }
      await note(undefined);
      answered = true;
    },
    async health() {
      const probed = await model.health();
      const trouble = probed.ok ? await known() : undefined;
      if (!trouble) return probed;
      const name = model.name.slice(model.name.indexOf('/') + 1);
      return faultHealth(probed.kind, phrasesOf(probed)?.detail.slice(0, 1) ?? [], {
        ...trouble,
        model: name,
      });
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
