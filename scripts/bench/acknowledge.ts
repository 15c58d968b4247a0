import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { parseConfig, ROLES } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { fakeQueue } from '../../test/bot/fixtures.ts';
import { startFakeDiscord } from '../../test/fakes/discord.ts';
import { startFakeSlack } from '../../test/fakes/slack.ts';
import type { Figure } from './figure.ts';

const PER_SECOND = 50;
const SECONDS = 15;
const COMMAND_EVERY_MS = 100;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (values: number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/**
 * How soon the platforms have their acknowledgement: from a signed HTTP request (Slack) and from an interaction at the
 * gateway (Discord), over real sockets, while fifty anomalies a second become threads. The platforms' fakes run in the
 * same process as the bot, so their work counts against it.
 */
export async function benchAcknowledge(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bongsu-bench-ack-'));
  const slack = await startFakeSlack();
  const discord = await startFakeDiscord();
  const port = await freePort();
  const config = parseConfig(
    {
      models: [],
      dataDir,
      http: { port: 0 },
      chats: [
        { kind: 'slack', channel: slack.channel, mode: 'http', port },
        { kind: 'discord', channel: discord.channel },
      ],
    },
    {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
    },
  );
  const app = await createApp(config, ROLES, createLog('silent'), { backends: { queue: fakeQueue() } });
  try {
    await app.start();
    slack.deliverTo(`http://127.0.0.1:${port}`);
    while (!discord.connected()) await sleep(20);
    const times: Record<'slack' | 'discord', number[]> = { slack: [], discord: [] };
    let missed = 0;
    let asking = true;
    const ask = async (): Promise<void> => {
      while (asking) {
        const [http, gateway] = await Promise.all([slack.command('help'), discord.command('help')]);
        if (!http.ok || !gateway.ok) missed += 1;
        times.slack.push(http.ms);
        times.discord.push(gateway.ms);
        await sleep(COMMAND_EVERY_MS);
      }
    };
    const asked = ask();
    const begun = Date.now();
    for (let index = 0; index < PER_SECOND * SECONDS; index += 1) {
      await sleep(Math.max(0, begun + (index * 1_000) / PER_SECOND - Date.now()));
      const service = `service-${index}`;
      await app.backends.bus.publish('log-anomalies', [
        {
          key: service,
          value: JSON.stringify({
            anomaly_status: 'critical',
            confidence: 0.9,
            detected_issues: ['errors rose'],
            explanation: 'errors rose from 0 to 40 a minute',
            service,
            names: [],
          }),
        },
      ]);
    }
    asking = false;
    await asked;
    if (missed > 0) throw new Error(`${missed} commands were not acknowledged in time`);
    const rate = `while ${PER_SECOND} anomalies/s arrive`;
    return (['slack', 'discord'] as const).flatMap((name): Figure[] => {
      const how = name === 'slack' ? 'Slack, signed HTTP request' : 'Discord, gateway interaction';
      return [
        {
          name: `acknowledgement of a slash command, ${how}, p50 ${rate}`,
          value: quantile(times[name], 0.5),
          unit: 'ms',
        },
        {
          name: `acknowledgement of a slash command, ${how}, p99 ${rate}`,
          value: quantile(times[name], 0.99),
          unit: 'ms',
        },
      ];
    });
  } finally {
    await app.stop();
    await Promise.all([slack.stop(), discord.stop()]);
    rmSync(dataDir, { recursive: true, force: true });
  }
}
