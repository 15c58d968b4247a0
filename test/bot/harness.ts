import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createLedger } from '../../src/analysis/model/ledger.ts';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { createBot } from '../../src/bot/bot.ts';
import type { Chat } from '../../src/bot/chat/chat.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Incident } from '../../src/domain/alert/incident.ts';
import type { Message } from '../../src/domain/question/message.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type FakeChat, fakeChat, type Reply, wordsOf } from '../fakes/chat.ts';
import { anomaly, eventually, fakeAnalyst, fakeLogs, fakeQueue, log, temporaryState } from './fixtures.ts';

/** A running bot with fakes around it. */
export interface StartedBot {
  chat: FakeChat;
  state: StateStore;
  bus: ReturnType<typeof openMemoryBus>;
  analyst: ReturnType<typeof fakeAnalyst>;
  logs: ReturnType<typeof fakeLogs>;
  queue: ReturnType<typeof fakeQueue>;
  metrics: ReturnType<typeof createMetrics>;
  healthAsked: () => number;
  ledger: ReturnType<typeof createLedger>;
  publish(...values: (string | Buffer)[]): Promise<void>;
  /** An anomaly of a service arrives. */
  anomaly(service: string): Promise<void>;
  /** Opens an incident of a service; resolves with its id and thread. */
  alert(service: string): Promise<{ id: string; thread: string }>;
  incident(id: string): Promise<Incident>;
}

/** The whole bot on the memory bus and a state store on the disk, its own when absent. */
export async function startBot(
  t: TestContext,
  raw: Record<string, unknown> = {},
  { store, chat: name = 'slack' }: { store?: StateStore; chat?: Chat['name'] } = {},
): Promise<StartedBot> {
  const state = store ?? (await (await temporaryState(t)).open());
  const bus = openMemoryBus(log);
  const chat = fakeChat({ name });
  const analyst = fakeAnalyst();
  const logs = fakeLogs();
  const queue = fakeQueue();
  const metrics = createMetrics();
  let healthAsked = 0;
  const ledger = createLedger({
    state,
    budget: { usd: 10, usdPerUser: 2, tokens: null, tokensPerUser: null },
    timeZone: 'UTC',
  });
  const bot = createBot({
    bus,
    state,
    logs,
    queue,
    analyst,
    ledger,
    chats: [chat],
    config: parseConfig({ incidents: { debounceMs: 0 }, ...raw }),
    backendsHealth: async () => {
      healthAsked += 1;
      return { bus: { ok: false, kind: 'kafka', detail: 'down', mend: 'start it' } };
    },
    systemHealth: async () => ({
      gpus: [{ name: 'H200', memoryUsedMb: 1_024, memoryTotalMb: 2_048, utilisation: 0.5 }],
      cpu: { load: 0.25, cores: 4 },
      memory: { usedMb: 1_024, totalMb: 4_096 },
      at: 0,
    }),
    metrics,
    log,
  });
  await bot.start();
  t.after(async () => {
    await bot.stop();
    await bus[Symbol.asyncDispose]();
  });
  const publish = (...values: (string | Buffer)[]): Promise<void> =>
    bus.publish(
      'log-anomalies',
      values.map((value) => ({ key: 'k', value })),
    );
  return {
    chat,
    state,
    ledger,
    bus,
    analyst,
    logs,
    queue,
    metrics,
    healthAsked: () => healthAsked,
    publish,
    anomaly: (service) => publish(JSON.stringify(anomaly(service))),
    async alert(service) {
      await publish(JSON.stringify(anomaly(service)));
      return eventually(() => {
        const parent = chat.messages.find(
          ({ ref, message }) => ref.id === ref.thread && message.summary.startsWith(`${service}: `),
        );
        const id = /#([0-9a-f]{10})/.exec(parent ? wordsOf(parent.message) : '')?.[1];
        assert.ok(parent?.ref.thread && id);
        return { id, thread: parent.ref.thread };
      });
    },
    incident: async (id) => (await state.get('incident', id))?.value ?? assert.fail(`no incident ${id}`),
  };
}

export const last = (reply: Reply | undefined): Message => reply!.states.at(-1)!;

/** The words of the first reply as it is now. */
export const said = (replies: Reply[]): string => wordsOf(last(replies[0]));

export const actionsOf = (message: Message) =>
  message.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []));

/** A critical incident whose thread is open and complete. */
export async function openThread(w: StartedBot): Promise<{ id: string; thread: string }> {
  await w.publish(JSON.stringify(anomaly('payment')));
  await eventually(() => assert.equal(w.chat.messages.length, 3));
  const parent = w.chat.messages.find((message) => message.ref.id === message.ref.thread)!;
  const buttons = parent.message.blocks.find((block) => block.kind === 'buttons')!;
  return { id: buttons.buttons[0]!.action.subject, thread: parent.ref.thread! };
}
