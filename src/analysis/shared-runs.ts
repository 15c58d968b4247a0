/**
 * Lets several askers of the same question watch one run: each gets every event from the beginning. The run is aborted when the
 * last of them has left, and removed when it ends.
 */
export function createSharedRuns<E>(): (
  key: string,
  start: (signal: AbortSignal) => AsyncIterable<E>,
  signal?: AbortSignal,
) => AsyncIterable<E> {
  const runs = new Map<string, Run<E>>();
  return async function* watch(key, start, signal) {
    let run = runs.get(key);
    if (!run) {
      run = begin(start, () => runs.delete(key));
      runs.set(key, run);
    }
    run.watchers += 1;
    // Aborting must not wait for the run's next event.
    const leave = Promise.withResolvers<never>();
    leave.promise.catch(() => undefined);
    const onAbort = (): void => leave.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      for (let index = 0; ; ) {
        if (index < run.events.length) yield run.events[index++]!;
        else if (run.ended) {
          if (run.ended.error !== undefined) throw run.ended.error;
          return;
        } else await Promise.race([run.next.promise, leave.promise]);
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      run.watchers -= 1;
      if (run.watchers === 0 && !run.ended) {
        if (runs.get(key) === run) runs.delete(key);
        run.controller.abort();
      }
    }
  };
}

interface Run<E> {
  events: E[];
  watchers: number;
  ended?: { error?: unknown };
  /** Resolved and replaced at every event. */
  next: PromiseWithResolvers<void>;
  controller: AbortController;
}

function begin<E>(start: (signal: AbortSignal) => AsyncIterable<E>, done: () => void): Run<E> {
  const run: Run<E> = {
    events: [],
    watchers: 0,
    next: Promise.withResolvers(),
    controller: new AbortController(),
  };
  const wake = (): void => {
    const { resolve } = run.next;
    run.next = Promise.withResolvers();
    resolve();
  };
  const pump = async (): Promise<void> => {
    try {
      for await (const event of start(run.controller.signal)) {
        run.events.push(event);
        wake();
      }
      run.ended = {};
    } catch (error) {
      run.ended = { error: error ?? new Error('unknown') };
    }
    if (!run.controller.signal.aborted) done();
    wake();
  };
  void pump();
  return run;
}
