// What anomalies are sent on to, with receivers that nobody here wrote.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMqttOutput } from '../../src/pipeline/outputs/mqtt.ts';
import { openSyslogOutput } from '../../src/pipeline/outputs/syslog.ts';
import { outputContract, type Receiver } from '../contract/output.ts';
import { scratch, until } from '../pipeline/sources/harness.ts';
import { freePort } from './servers/launch.ts';
import { startMosquitto, startRsyslog } from './servers/senders.ts';
import { available } from './servers.ts';

/** mosquitto, read by its own command-line client. */
async function mosquitto(): Promise<Receiver> {
  const port = await freePort();
  const server = await startMosquitto(port);
  const received: unknown[] = [];
  let reader: ChildProcess | undefined;
  const subscribe = async (): Promise<void> => {
    // Line by line: into a pipe it would keep what it says to itself.
    const command = [
      'mosquitto_sub',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-t',
      'bongsu/anomalies',
      '-q',
      '1',
      '-d',
    ];
    const child = spawn('stdbuf', ['-oL', ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
    reader = child;
    let rest = '';
    let subscribed = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        subscribed ||= line.startsWith('Subscribed');
        if (line.startsWith('{')) received.push(JSON.parse(line));
      }
    });
    await until(() => subscribed, 'mosquitto_sub');
  };
  const unsubscribe = async (): Promise<void> => {
    if (!reader || reader.exitCode !== null || reader.signalCode !== null) return;
    const ended = once(reader, 'exit');
    reader.kill();
    await ended;
  };
  await subscribe();
  return {
    received,
    arrived: (count) => until(() => received.length >= count, `${count} messages`),
    async stop() {
      await unsubscribe();
      await server.kill();
    },
    async start() {
      await server.restart();
      await subscribe();
    },
    open: () => openMqttOutput({ url: `mqtt://127.0.0.1:${port}`, topic: 'bongsu/anomalies' }),
    async [Symbol.asyncDispose]() {
      await unsubscribe();
      await server.stop();
    },
  };
}

/** rsyslog, writing the message of each line into a file. */
async function rsyslog(): Promise<Receiver> {
  const port = await freePort();
  const folder = scratch();
  const file = join(folder.path, 'received.log');
  const server = await startRsyslog({
    port,
    rules: [
      'template(name="message" type="string" string="%msg%\\n")',
      `action(type="omfile" file="${file}" template="message")`,
    ],
  });
  const read = (): unknown[] => {
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line): unknown => JSON.parse(line));
  };
  return {
    get received() {
      return read();
    },
    arrived: (count) => until(() => read().length >= count, `${count} lines`),
    stop: () => server.kill(),
    start: () => server.restart(),
    open: () => openSyslogOutput({ host: '127.0.0.1', port, tls: false }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}

outputContract('mqtt, mosquitto', mosquitto, { skip: available('mosquitto') ?? false });
outputContract('syslog, rsyslog', rsyslog, { skip: available('rsyslog') ?? false });
