import { checkedState } from '../../src/backends/state/checked.ts';
import { memoryDocuments } from '../../src/backends/state/memory.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { createLog } from '../../src/log.ts';

/** A state store in memory: what the program uses where it opens a real one. */
export const memoryState = (options: { now?: () => number } = {}): StateStore =>
  checkedState(memoryDocuments(options), createLog('silent'));
