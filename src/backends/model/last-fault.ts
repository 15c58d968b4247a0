import { createHash } from 'node:crypto';
import { toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { faultOf, ModelError, type ModelFault } from '../../domain/question/model-fault.ts';
import { DAY, MINUTE, SECOND } from '../../domain/time/units.ts';
import { healthOf, type Phrase, phrasesOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';
import { derivedModel, type Model } from './model.ts';

/** A fault that did not come again for so long is forgotten. */
const KEEP_MS = 7 * DAY;

/** Faults of a server that is not there, or that has not this model. */
export const AWAY: ReadonlySet<ModelFault> = new Set(['refused', 'unknown_host', 'unreachable', 'missing']);

/** Faults of what it said, though its server answered: an answer alone does not mend them. */
const OF_REPLIES: ReadonlySet<ModelFault> = new Set(['unusable', 'untrue']);

/** The health of a model that gives no answer. */
export const faultHealth = (
  kind: string,
  where: Phrase[],
  { fault, model, waitMs }: { fault: ModelFault; model: string; waitMs?: number | undefined },
): Health =>
  healthOf(false, kind, [...where, [`fault.${fault}`]], [
    `mend.model.${fault}`,
    { model, seconds: Math.ceil((waitMs ?? MINUTE) / SECOND) },
  ] as Phrase);

/** Why the last question to a model had no answer. */
interface LastFault {
  fault: ModelFault;
  waitMs?: number;
}

/**
 * A model that remembers its last fault: its health is bad, with the reason, until a question is answered. All processes on the
 * same state store know the fault, also after a restart.
 * @param options.address tells models of one name apart: where it is asked, and with what key; only a hash is kept
 * @param options.assumed the configuration does not name this model: if its server is absent, that is not a fault
 */
export function withLastFault(
  model: Model,
  options: { state: StateStore | undefined; address: string; assumed: boolean; log: Log },
): Model {
  const { state, log } = options;
  const hash = createHash('sha256').update(options.address).digest('hex').slice(0, 16);
  const id = `model-standing/${model.name}/${hash}`;
  let last: LastFault | undefined;
  /** Whether the latest note of this process is in the store; if so, a newer one there is from another process. */
  let kept = false;
  let answered = false;

  const stored = async (): Promise<LastFault | undefined> => (await state?.get('model-fault', id))?.value;

  async function note(next: LastFault | undefined): Promise<void> {
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

  async function known(): Promise<LastFault | undefined> {
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
    // The question was too long, or is no longer wanted: that says nothing about the model.
    if (error.code === 'stopped' || error.code === 'too_large') return cause;
    if (error instanceof ModelError && error.again) return cause;
    if (options.assumed && !answered && AWAY.has(fault))
      return new ModelError('none', error.message, { cause: error });
    await note({ fault, ...(error.retryAfterMs === undefined ? {} : { waitMs: error.retryAfterMs }) });
    return cause;
  }

  return derivedModel(model, {
    async *ask(request) {
      try {
        yield* model.ask(request);
      } catch (cause) {
        throw await failed(cause);
      }
      answered = true;
      // What it says now is judged by who reads it.
      const fault = (await known())?.fault;
      if (!fault || !OF_REPLIES.has(fault)) await note(undefined);
    },
    judged: async (fault) => note(fault && { fault }),
    async health() {
      const probed = await model.health();
      const fault = probed.ok ? await known() : undefined;
      if (!fault) return probed;
      const name = model.name.slice(model.name.indexOf('/') + 1);
      return faultHealth(probed.kind, phrasesOf(probed)?.detail.slice(0, 1) ?? [], { ...fault, model: name });
    },
  });
}
