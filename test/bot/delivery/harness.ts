import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { StateStore } from '../../../src/backends/state/store.ts';
import type { Chat } from '../../../src/bot/chat/chat.ts';
import { openRunningAnswers } from '../../../src/bot/chat/running-answers.ts';
import { type Delivery, IDLE } from '../../../src/bot/delivery/delivery.ts';
import { createOutbox, type Outbox } from '../../../src/bot/delivery/outbox.ts';
import { createFollowUp } from '../../../src/bot/follow-up/follow-up.ts';
import type { Incidents } from '../../../src/bot/incidents/incidents.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { createMetrics } from '../../../src/metrics.ts';
import type { FakeChat, FakeMessage } from '../../fakes/chat.ts';
import { eventually, fakeAnalyst, fakeLogs, fakeQueue, incidentsOn, log } from '../fixtures.ts';

/** Incidents and what sends them, over a store and chats. */
export interface DeliveryHarness {
  incidents: Incidents;
  outbox: Outbox;
  analyst: ReturnType<typeof fakeAnalyst>;
}

export function deliveryHarness(
  state: StateStore,
  chats: Chat[],
  options: {
    debounceMs?: number;
    shared?: boolean;
    signal?: AbortSignal;
    removed?: (incidentId: string) => Promise<void>;
  } = {},
): DeliveryHarness {
  const { debounceMs = 0, shared = false, removed } = options;
  const analyst = fakeAnalyst();
  const metrics = createMetrics();
  const follow = createFollowUp({
    state,
    logs: fakeLogs(),
    queue: fakeQueue(),
    analyst,
    chats,
    runningAnswers: openRunningAnswers({ state, shared: false, log }),
    tellDeadLetters: async () => ({ puts: [] }),
    causeFound: async () => {},
    requestsCounted: async () => {},
    language: 'en',
    timeZone: 'UTC',
    log,
    signal: options.signal ?? new AbortController().signal,
  });
  const outbox = createOutbox({
    state,
    chats,
    debounceMs,
    graceMs: 20,
    ...follow,
    metrics,
    log,
    shared,
    ...(removed ? { removed } : {}),
  });
  const incidents = incidentsOn(state, chats, { debounceMs, metrics, wake: outbox.wake });
  return { incidents, outbox, analyst };
}

/** Sends until the test is over. */
export function started(t: TestContext, made: DeliveryHarness): DeliveryHarness {
  made.outbox.start();
  t.after(() => made.outbox.stop());
  return made;
}

export const parents = (chat: FakeChat): FakeMessage[] =>
  chat.messages.filter(
    (message) => message.ref.thread === message.ref.id || message.ref.thread === undefined,
  );
export const replies = (chat: FakeChat, thread?: string): FakeMessage[] =>
  chat.messages.filter((message) => message.ref.thread === thread && message.ref.id !== thread);
export const delivery = (chat: string): Omit<Delivery, 'content'> => ({
  chat,
  channel: 'C',
  severity: 3,
  wanted: 1,
  shown: 0,
  due: 1,
  attempts: 0,
});
/** Resolves when nothing waits to be sent. */
export const settled = async (state: StateStore): Promise<void> => {
  await eventually(async () => assert.equal((await state.list('outbox', { to: IDLE - 1 })).length, 0));
};

export const waiting = (more: Partial<Delivery>): Delivery => ({
  chat: 'slack',
  channel: 'C1',
  content: { kind: 'incident' },
  incidentId: 'i1',
  severity: 5,
  wanted: 1,
  shown: 0,
  due: 1,
  attempts: 0,
  ...more,
});

/** An outbox that says of every delivery what kind it is. */
export function outboxOf(
  state: StateStore,
  chats: Chat[],
  more: Partial<Parameters<typeof createOutbox>[0]> = {},
) {
  return createOutbox({
    state,
    chats,
    render: async ({ content }) => ({ message: sentence(content.kind), opensThread: 'title' }),
    runTask: async () => ({ puts: [] }),
    debounceMs: 0,
    graceMs: 20,
    metrics: createMetrics(),
    log,
    ...more,
  });
}
