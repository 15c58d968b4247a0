/**
 * The longest time of computing, in milliseconds, before everything else in the process (alerts, chats, other requests) can run.
 * With half of this only the number of pauses changes; twice as much is still far below what a person notices.
 */
const STRETCH_MS = 8;

let busy = false;
let since = 0;
const waiting: (() => void)[] = [];

/**
 * The event loop has run once: the caller that waits longest goes on, one after each run of the loop, however many compute at the
 * same time.
 */
function turned(): void {
  const next = waiting.shift();
  busy = next !== undefined;
  if (!next) return;
  since = performance.now();
  setImmediate(turned);
  next();
}

/**
 * To be awaited between the steps of a long computation, so that other work in the process can run. Undefined while the event
 * loop ran a short time ago (one time for all computations of this process together); else a promise that resolves when it has
 * run. A step should take no more than a few milliseconds. In a loop, await it only if it is defined: an await of undefined would
 * let the other computations pass.
 */
export function turn(): Promise<void> | undefined {
  if (!busy) {
    busy = true;
    since = performance.now();
    setImmediate(turned);
    return undefined;
  }
  if (performance.now() - since < STRETCH_MS) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}
