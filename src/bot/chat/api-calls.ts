import type { AppError, ErrorCode } from '../../domain/errors.ts';

/** Failures that concern the whole connection to a platform, and not one message. */
const GENERAL: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout', 'unauthorized']);

/** Calls to the API of a platform: their errors are translated, and what is wrong with the connection is remembered. */
export class ApiCalls {
  readonly #translate: (error: unknown, what: string) => AppError;
  #problem: AppError | undefined;

  /** @param translate makes an AppError of what a call threw; `what` is the name of the call, for the log */
  constructor(translate: (error: unknown, what: string) => AppError) {
    this.#translate = translate;
  }

  /** Why the platform cannot be used, by the latest calls; undefined where it can. */
  get problem(): AppError | undefined {
    return this.#problem;
  }

  async run<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      this.#problem = undefined;
      return result;
    } catch (cause) {
      const error = this.#translate(cause, what);
      if (GENERAL.has(error.code)) this.#problem = error;
      throw error;
    }
  }
}
