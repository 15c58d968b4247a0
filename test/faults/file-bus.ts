import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusMessage } from '../../src/backends/bus/bus.ts';

interface Line {
  topic: string;
  key?: string;
  value: string;
  headers?: Record<string, string>;
}

/** What stands in the file; a line that a killed process has not finished is none. */
function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as Line];
      } catch {
        return [];
      }
    });
}

/** All messages of a topic, in the order in which they were published. */
export const messagesIn = (file: string, topic: string): Line[] =>
  readLines(file).filter((line) => line.topic === topic);

/**
 * A bus in one file, which survives `kill -9` and is shared by processes: one partition, every subscription from the
 * beginning. For tests.
 */
export function openFileBus(file: string): Bus {
  return {
    async publish(topic, messages) {
      const descriptor = openSync(file, 'a');
      try {
        // A line end first: what a killed process left half written stays a line of its own.
        for (const { key, value, headers } of messages)
          writeSync(descriptor, `\n${JSON.stringify({ topic, key, value: String(value), headers })}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    },
    async subscribe(topic, _options, handle) {
      const closing = new AbortController();
      const follow = async (): Promise<void> => {
        for (let next = 0; !closing.signal.aborted; ) {
          const fresh = messagesIn(file, topic).slice(next);
          const batch = fresh.map(
            ({ key, value, headers }, index): BusMessage => ({
              topic,
              partition: 0,
              offset: String(next + index),
              ...(key === undefined ? {} : { key }),
              value: Buffer.from(value),
              headers: headers ?? {},
              timestamp: 0,
            }),
          );
          next += fresh.length;
          if (batch.length > 0) await handle(batch);
          await sleep(20, undefined, { signal: closing.signal }).catch(() => {});
        }
      };
      const following = follow();
      return {
        async [Symbol.asyncDispose]() {
          closing.abort();
          await following;
        },
      };
    },
    health: async () => ({ ok: true, kind: 'file', detail: file }),
    async [Symbol.asyncDispose]() {},
  };
}
