import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatRequest } from '../../../src/bot/chat/chat.ts';
import type { Chart, Message } from '../../../src/domain/question/message.ts';

export const CHART: Chart = {
  title: 'Errors',
  at: [0, 1],
  series: [{ name: 'errors', kind: 'bar', values: [1, 2], tone: 'critical' }],
};

export const say = (text: string, ...more: Message['blocks']): Message => ({
  summary: text,
  tone: 'neutral',
  blocks: [{ kind: 'text', text }, ...more],
});

/** Waits until `probe` gives something; fails after ten seconds. */
export async function until<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let tries = 0; tries < 500; tries += 1) {
    const value = await probe();
    if (value) return value;
    await sleep(20);
  }
  throw new Error(`did not happen: ${what}`);
}

/** The request that arrived as number `count`. */
export const request = (requests: ChatRequest[], count = 1) => until('a request', () => requests[count - 1]);
