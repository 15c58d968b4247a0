import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createLedger } from '../../../src/analysis/model/ledger.ts';
import { openMemoryBus } from '../../../src/backends/bus/memory.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { createBot } from '../../../src/bot/bot.ts';
import type { Chat } from '../../../src/bot/chat/chat.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { Incident } from '../../../src/domain/alert/incident.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { type FakeChat, fakeChat, type Reply, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import {
  anomaly,
  eventually,
  fakeAnalyst,
  fakeLogs,
  fakeQueue,
  idleSystem,
  log,
  NO_BUDGET,
} from '../fixtures.ts';

export interface World {
  chat: FakeChat;
  state: StateStore;
  publish(service: string): Promise<void>;
  /** Opens an incident of a service; resolves with its id and thread. */
  alert(service: string): Promise<{ id: string; thread: string }>;
  incident(id: string): Promise<Incident>;
}

export async function world(
  t: TestContext,
  raw: Record<string, unknown> = {},
  name: Chat['name'] = 'slack',
): Promise<World> {
  const state = memoryState();
  const bus = openMemoryBus(log);
  const chat = fakeChat({ name });
  const bot = createBot({
    bus,
    state,
    logs: fakeLogs(),
    queue: fakeQueue(),
    analyst: fakeAnalyst(),
    ledger: createLedger({ state, budget: NO_BUDGET, timeZone: 'UTC' }),
    chats: [chat],
    config: parseConfig({ incidents: { debounceMs: 0 }, ...raw }),
    backendsHealth: async () => ({}),
    systemHealth: idleSystem,
    metrics: createMetrics(),
    log,
  });
  await bot.start();
  t.after(async () => {
    await bot.stop();
    await bus[Symbol.asyncDispose]();
  });
  const incident = async (id: string): Promise<Incident> =>
    (await state.get('incident', id))?.value ?? assert.fail(`no incident ${id}`);
  const publish = (service: string): Promise<void> =>
    bus.publish('log-anomalies', [{ key: service, value: JSON.stringify(anomaly(service)) }]);
  return {
    chat,
    state,
    incident,
    publish,
    async alert(service) {
      await publish(service);
      return eventually(() => {
        const parent = chat.messages.find(
          ({ ref, message }) => ref.id === ref.thread && message.summary.startsWith(`${service}: `),
        );
        const id = /#([0-9a-f]{10})/.exec(parent ? wordsOf(parent.message) : '')?.[1];
        assert.ok(parent?.ref.thread && id);
        return { id, thread: parent.ref.thread };
      });
    },
  };
}

export const last = (replies: Reply[]): Message => replies[0]!.states.at(-1)!;
export const said = (replies: Reply[]): string => wordsOf(last(replies));
export const actionsOf = (message: Message) =>
  message.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []));
