import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger } from '../../src/analysis/model/ledger.ts';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import { createBot } from '../../src/bot/bot.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { fakeAnalyst, fakeLogs, fakeQueue, idleSystem, NO_BUDGET } from '../../test/bot/fixtures.ts';
import { fakeChat } from '../../test/fakes/chat.ts';
import type { Figure } from './figure.ts';

const PER_SECOND = 50;
const SECONDS = 15;
const COMMAND_EVERY_MS = 25;
const SETTLE_MS = 1_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (values: number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;

/**
 * Fifty critical anomalies a second, each of a service of its own, on the memory bus, with the state on the disk and
 * a platform that answers at once: what is measured is the bot, not a vendor.
 * The times contain the wait of one second in which a new thread gives its cause the chance to appear.
 */
export async function benchBot(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-bench-bot-'));
  const log = createLog('silent');
  const state = checkedState(await openSqliteState({ file: join(folder, 'state.db') }, log), log);
  const bus = openMemoryBus(log);
  const chat = fakeChat({ pace: { perSecond: 10_000, burst: 10_000 } });
  const bot = createBot({
    bus,
    state,
    logs: fakeLogs(),
    queue: fakeQueue(),
    analyst: fakeAnalyst(),
    ledger: createLedger({
      state,
      budget: NO_BUDGET,
      timeZone: 'UTC',
    }),
    chats: [chat],
    config: parseConfig({ incidents: { debounceMs: SETTLE_MS } }),
    backendsHealth: async () => ({}),
    systemHealth: idleSystem,
    metrics: createMetrics(),
    log,
  });
  await bot.start();
  const published = new Map<string, number>();
  const acknowledged: number[] = [];
  try {
    const asking = setInterval(() => {
      const started = performance.now();
      // The adapter has acknowledged already; this is the time until the person sees the first words.
      const before = chat.replies.length;
      void chat.command('health');
      const seen = setInterval(() => {
        if (chat.replies.length <= before) return;
        clearInterval(seen);
        acknowledged.push(performance.now() - started);
      }, 1);
    }, COMMAND_EVERY_MS);
    const begun = Date.now();
    for (let index = 0; index < PER_SECOND * SECONDS; index += 1) {
      await sleep(Math.max(0, begun + (index * 1_000) / PER_SECOND - Date.now()));
      const service = `service-${index}`;
      published.set(service, Date.now());
      await bus.publish('log-anomalies', [
        {
          key: service,
          value: JSON.stringify({
            anomaly_status: 'critical',
            confidence: 0.9,
            detected_issues: ['errors rose'],
            explanation: 'errors rose from 0 to 40 a minute',
            service,
            names: [],
            sample_lines: ['ERROR something failed', 'ERROR and again'],
          }),
        },
      ]);
    }
    clearInterval(asking);
    const isParent = (message: (typeof chat.messages)[number]): boolean =>
      message.ref.thread === message.ref.id;
    for (const start = Date.now(); Date.now() - start < 60_000; await sleep(50))
      if (chat.messages.filter(isParent).length === published.size) break;
    const delays = chat.messages.filter(isParent).map((message) => {
      const service = message.message.summary.split(':')[0]!;
      return message.at - published.get(service)!;
    });
    if (delays.length !== published.size)
      throw new Error(`${delays.length} threads of ${published.size} anomalies`);
    const rate = `at ${PER_SECOND}/s`;
    return [
      { name: `anomaly on the bus to its thread, p50 ${rate}`, value: quantile(delays, 0.5), unit: 'ms' },
      { name: `anomaly on the bus to its thread, p99 ${rate}`, value: quantile(delays, 0.99), unit: 'ms' },
      {
        name: `of that without the settle time, p99 ${rate}`,
        value: quantile(delays, 0.99) - SETTLE_MS,
        unit: 'ms',
      },
      {
        name: `first words after a command, p99 while ${PER_SECOND} anomalies/s arrive`,
        value: quantile(acknowledged, 0.99),
        unit: 'ms',
      },
    ];
  } finally {
    await bot.stop();
    await bus[Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}
