import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectHealth } from '../../src/cli/collect-health.ts';
import { parseConfig } from '../../src/config/config.ts';
import { scratch } from '../pipeline/sources/harness.ts';

test('doctor: a free and a taken port, certificate files, receivers', async () => {
  using folder = scratch();
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const bad = join(folder.path, 'bad.pem');
  writeFileSync(bad, 'no certificate');
  const config = parseConfig({
    collect: {
      syslog: { udp: { port: 0 }, tcp: { port }, tls: { port: 0, cert: bad, key: bad } },
      beats: { port: 0, tls: { cert: join(folder.path, 'absent'), key: bad } },
      files: [join(folder.path, '*.log')],
    },
    send: { syslog: { host: '127.0.0.1', port }, mqtt: { url: 'mqtt://127.0.0.1:1' } },
  });
  const found = await collectHealth(config, false);
  const held = await collectHealth(config, true);
  await new Promise((resolve) => taken.close(resolve));
  assert.deepEqual(
    Object.entries(found).map(([name, { ok }]) => [name, ok]),
    [
      ['syslog udp', true],
      ['syslog tcp', false],
      ['syslog tls', false],
      ['beats', false],
      ['files', true],
      ['send syslog', true],
      ['send mqtt', false],
    ],
  );
  assert.match(found['syslog tls']!.detail, /no pair/);
  assert.match(found.beats!.detail, /cannot be read/);
  assert.match(found.files!.detail, /nothing there yet/);
  assert.equal(held['syslog tcp']!.ok, true);
});
