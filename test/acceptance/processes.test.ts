import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openBackends } from '../../src/backends/open.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { eventually, type Person, runApp, textOf } from './harness.ts';

const collect = { syslog: { udp: { port: 0 } }, limits: { linesPerSecond: 1 } };
const send = { mqtt: { url: 'mqtt://127.0.0.1:9', topic: 'anomalies' } };

const health = (person: Person, pattern: RegExp) =>
  eventually(`a health report with ${pattern}`, async () => {
    await person.say('/logs health');
    const seen = await person.messages();
    return seen.map(({ message }) => textOf(message)).find((text) => pattern.test(text));
  });

describe('/logs health', () => {
  test('lists collectors with what they refused, and outputs', async () => {
    await using running = await runApp({ raw: { collect, send } });
    const socket = createSocket('udp4');
    const { port } = running.app.collectors!.listeners[0]!;
    for (let i = 0; i < 50; i += 1) socket.send(`<14>one two ${i}`, port, '127.0.0.1');
    const told = await health(running.person, /syslog udp .*refused \d+/);
    socket.close();
    assert.match(told, /send mqtt/);
  });

  test('shows what other processes on the same store collect', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'bongsu-apart-'));
    {
      const log = createLog('silent');
      await using backends = await openBackends(parseConfig({ models: [], dataDir: dir }), log);
      // Both apps share these backends, as if they were on the network.
      const apart = {
        bus: { kind: 'kafka', brokers: ['127.0.0.1:9'] },
        logs: { kind: 'elasticsearch', url: 'http://127.0.0.1:9' },
        queue: { kind: 'redis', url: 'redis://127.0.0.1:9' },
        state: { kind: 'redis', url: 'redis://127.0.0.1:9' },
      };
      const overrides = { backends };
      await using pipeline = await runApp({ raw: { ...apart, collect }, roles: ['pipeline'], overrides });
      assert.ok(pipeline.app.collectors);
      await using bot = await runApp({ raw: apart, roles: ['bot'], overrides });
      await health(bot.person, /pipeline@\S+: syslog udp/);
    }
    rmSync(dir, { recursive: true, force: true });
  });
});
