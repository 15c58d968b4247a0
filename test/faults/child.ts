// A bot in a process of its own that a test can kill: the real app on the config file named on the command line, with SQLite,
// and the test process as its broker. Each batch is acknowledged as Kafka's offsets are: when its handler has ended.
import { createApp, openChat } from '../../src/app.ts';
import type { Bus, BusMessage } from '../../src/backends/bus/bus.ts';
import { loadConfig, ROLES } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { fakeQueue } from '../bot/fixtures.ts';

/** How the bot is broken on purpose, to see that the checker finds it. */
const broken = process.argv[3];

type Incoming = { batch: number; messages: { id: string; value: string; at: number; offset: number }[] };

const { config } = loadConfig(process.argv[2]);
const log = createLog(config.logLevel);
const send = (message: unknown): void => void process.send?.(message);

const bus: Bus = {
  async publish() {},
  async subscribe(topic, _options, handle) {
    if (topic !== config.topics.anomalies) return { async [Symbol.asyncDispose]() {} };
    const take = async ({ batch, messages }: Incoming): Promise<void> => {
      const all = messages.map(
        ({ value, at, offset }): BusMessage => ({
          topic,
          partition: 0,
          offset: String(offset),
          value: Buffer.from(value),
          headers: {},
          timestamp: at,
        }),
      );
      if (broken === 'commit-first') {
        send({ done: batch });
        // As offsets that are committed on a timer: what dies before its write is gone.
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      for (;;)
        try {
          await handle(all);
          break;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      if (broken !== 'commit-first') send({ done: batch });
    };
    let turn = Promise.resolve();
    process.on('message', (message) => {
      if ('batch' in (message as object)) turn = turn.then(() => take(message as Incoming));
    });
    send({ listening: true });
    return { async [Symbol.asyncDispose]() {} };
  },
  health: async () => ({ ok: true, kind: 'test', detail: 'the test process' }),
  async [Symbol.asyncDispose]() {},
};

const chats = await Promise.all(config.chats.map((entry) => openChat(entry, config, log)));
if (broken === 'no-reconciliation')
  for (const chat of chats) Object.defineProperty(chat, 'find', { value: async () => undefined });
const app = await createApp(config, ROLES, log, { backends: { bus, queue: fakeQueue() }, chats });
await app.start();
send({ address: app.address });
process.on('disconnect', () => process.exit(0));
