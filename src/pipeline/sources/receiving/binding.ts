import type { Log } from '../../../log.ts';

/** An address that is in use is tried again this often: the process before this one may still be ending. */
const REBIND_MS = 2_000;

/** A server or a socket. */
interface Bindable {
  once(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: 'listening', listener: () => void): unknown;
  removeAllListeners(event: 'error' | 'listening'): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Binds an address, and tries again in the background while it cannot be had, so that one port that is taken does not
 * stop the others.
 */
export class Binding {
  readonly #target: Bindable;
  readonly #bind: () => void;
  readonly #log: Log;
  readonly #listener: string;
  #trouble: string | undefined = 'not bound yet';
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /**
   * @param bind one try; `target` then emits `listening` or `error`
   * @param listener its name, for the log
   */
  constructor(target: Bindable, bind: () => void, log: Log, listener: string) {
    this.#target = target;
    this.#bind = bind;
    this.#log = log;
    this.#listener = listener;
  }

  /** Why the address is not bound; undefined if it is. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** One try. Resolves when it is over, whether it worked or not; never rejects. */
  try(): Promise<void> {
    const [target, listener] = [this.#target, this.#listener];
    return new Promise((resolve) => {
      target.removeAllListeners('error');
      target.removeAllListeners('listening');
      target.once('listening', () => {
        this.#trouble = undefined;
        target.removeAllListeners('error');
        target.on('error', (error) => this.#log.warn({ err: error, listener }, 'collector: socket error'));
        resolve();
      });
      target.once('error', (error) => {
        if (this.#trouble !== error.code)
          this.#log.warn({ err: error, listener }, 'collector: cannot listen');
        this.#trouble = error.code ?? 'error';
        if (!this.#stopped) this.#timer = setTimeout(() => this.try(), REBIND_MS);
        resolve();
      });
      this.#bind();
    });
  }

  /** No more tries. What is bound stays bound. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
