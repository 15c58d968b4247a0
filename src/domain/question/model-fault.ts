import { AppError, type ErrorCode } from '../errors.ts';

/** Why a language model gave no answer. For each there is a sentence for people (`fault.…` in the catalogue of health). */
export const MODEL_FAULTS = [
  'none', // no model is configured, and none answers at the default address
  'key', // the key was refused, or there is none
  'forbidden', // the key may not use this model
  'missing', // the server does not have the model
  'limited', // too many requests at the moment
  'quota', // the account has no money or quota left
  'busy', // the server runs but accepts nothing now: full, or still loading
  'broken', // an error inside the server
  'timeout', // no answer within the given time
  'refused', // nothing listens at the address
  'unknown_host', // the name of the server is not known
  'tls', // its certificate is not trusted
  'unreachable', // it cannot be reached for another reason of the network
  'cut', // the connection broke during the answer
  'gpu_memory', // its machine has too little memory, as the server says
  'memory', // even the CPU alone has too little memory
  'crashed', // the process that runs the model ended
  'context', // the question is longer than the model's context
  'rejected', // the server does not understand the request, or its answer is not JSON
  'unusable', // it answered, but not in the form that was asked for
  'untrue', // nothing that it claimed about the logs is so
] as const;
export type ModelFault = (typeof MODEL_FAULTS)[number];

/** Who can mend it: the operator of Bongsu, nobody (it passes), or the person who asked. */
export type Mender = 'operator' | 'wait' | 'asker';

interface Nature {
  code: ErrorCode;
  mender: Mender;
  /** The same call may succeed if it is repeated at once. */
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
  // The person has already waited long enough.
  timeout: { code: 'timeout', mender: 'wait' },
  // A server that does not run now will not run in a second.
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
  untrue: { code: 'malformed', mender: 'operator' },
};

/** The person who can mend a fault. */
export const menderOf = (fault: ModelFault): Mender => NATURE[fault].mender;

/** The error that a model adapter throws: `fault` says which one it is. `retryable` if the same call may succeed at once. */
export class ModelError extends AppError {
  override name = 'ModelError';
  readonly fault: ModelFault;
  /** The adapter changed how it asks (fewer layers on the GPU): the same question can be asked again from its beginning. */
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

/** A fault of one model, as it is shown in an answer. */
export interface ModelTrouble {
  /** As shown to people: `ollama/llama3`. */
  model: string;
  fault: ModelFault;
  /** Milliseconds the server asked to wait. */
  waitMs?: number;
}
