import { AppError, type ErrorCode } from '../errors.ts';

/** Why a language model gave no answer. People are told each in a sentence of its own (`fault.…` in the words of health). */
export const MODEL_FAULTS = [
  'none', // no model is set up, and none answers where one is looked for
  'key', // the key was refused, or there is none
  'forbidden', // the key may not use this model
  'missing', // the server does not have the model
  'limited', // too many requests for now
  'quota', // the account's money or allowance is used up
  'busy', // the server is up but takes nothing now: full, or still loading
  'broken', // the server failed inside
  'timeout', // no answer in the time that was given
  'refused', // nothing listens at the address
  'unknown_host', // the name of the server is not known
  'tls', // its certificate is not trusted
  'unreachable', // no way to it, for another reason of the network
  'cut', // the connection broke within the answer
  'gpu_memory', // the memory of its machine is too small, as the server says
  'memory', // not even the CPU alone has enough
  'crashed', // the process that runs the model ended
  'context', // the question is longer than the model holds
  'rejected', // the server does not understand the request, or answers no JSON
  'unusable', // it answered, but not what was asked for
] as const;
export type ModelFault = (typeof MODEL_FAULTS)[number];

/** Who can mend it: whoever runs Bongsu, nobody (it passes), or whoever asked. */
export type Mender = 'operator' | 'wait' | 'asker';

interface Nature {
  code: ErrorCode;
  mender: Mender;
  /** The same call is worth repeating at once. */
  repeat?: true;
}

const NATURE: Record<ModelFault, Nature> = {
  none: { code: 'unavailable', mender: 'operator' },
  key: { code: 'unauthorized', mender: 'operator' },
  forbidden: { code: 'unauthorized', mender: 'operator' },
  missing: { code: 'unavailable', mender: 'operator' },
  limited: { code: 'rate_limited', mender: 'wait', repeat: true },
  quota: { code: 'rate_limited', mender: 'operator' },
  busy: { code: 'unavailable', mender: 'wait', repeat: true },
  broken: { code: 'unavailable', mender: 'operator', repeat: true },
  // It has cost the asker enough.
  timeout: { code: 'timeout', mender: 'wait' },
  // A server that does not run will not run in a second.
  refused: { code: 'unavailable', mender: 'operator' },
  unknown_host: { code: 'unavailable', mender: 'operator' },
  tls: { code: 'unavailable', mender: 'operator' },
  unreachable: { code: 'unavailable', mender: 'operator', repeat: true },
  cut: { code: 'unavailable', mender: 'wait', repeat: true },
  gpu_memory: { code: 'unavailable', mender: 'operator' },
  memory: { code: 'unavailable', mender: 'operator' },
  crashed: { code: 'unavailable', mender: 'operator' },
  context: { code: 'too_large', mender: 'asker' },
  rejected: { code: 'malformed', mender: 'operator' },
  unusable: { code: 'malformed', mender: 'wait' },
};

/** Who can mend a fault. */
export const menderOf = (fault: ModelFault): Mender => NATURE[fault].mender;

/** What a model adapter throws: which fault it is. `retryable` where the same call may work at once. */
export class ModelError extends AppError {
  override name = 'ModelError';
  readonly fault: ModelFault;
  /** The adapter changed how it asks (fewer layers on the GPU): the same question is worth asking from its beginning. */
  readonly again: boolean;

  constructor(
    fault: ModelFault,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined; again?: boolean } = {},
  ) {
    const { cause, retryAfterMs, again = false } = options;
    const { code, repeat = false } = NATURE[fault];
    super(code, message, {
      cause,
      retryable: repeat,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    this.fault = fault;
    this.again = again;
  }
}

const BY_CODE: Partial<Record<ErrorCode, ModelFault>> = {
  unauthorized: 'key',
  rate_limited: 'limited',
  timeout: 'timeout',
  too_large: 'context',
  malformed: 'unusable',
};

/** The fault of any error that ended a question to a model. */
export const faultOf = (error: AppError): ModelFault =>
  error instanceof ModelError ? error.fault : (BY_CODE[error.code] ?? 'broken');

/** A fault of one model, as an answer tells of it. */
export interface ModelTrouble {
  /** As shown to people: `ollama/llama3`. */
  model: string;
  fault: ModelFault;
  /** Milliseconds the server asked to wait. */
  waitMs?: number;
}
