/**
 * Longest computing in milliseconds before everything else in the process (alerts, chats, other requests) has its turn. Half of
 * it changes nothing but the count of turns, twice as much is still far below what a person notices.
 */
const STRETCH_MS = 8;

let busy = false;
let since = 0;
const waiting: (() => void)[] = [];

/** The event loop has turned: who waited longest goes on, one in each turn however many compute at the same time. */
function turned(): void {
  const next = waiting.shift();
  busy = next !== undefined;
  if (!next) return;
  since = performance.now();
  setImmediate(turned);
  next();
}

/**
 * To be awaited between the steps of long computing. Undefined while the time since the event loop last turned is short, for all
 * that compute in this process together; else it resolves when it has turned. A step should take no more than a few milliseconds.
 * In a loop only what is not undefined is awaited: while one awaits nothing, the others would pass as well.
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
