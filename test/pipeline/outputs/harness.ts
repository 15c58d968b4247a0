import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { parseConfig } from '../../../src/config/config.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { openMqttOutput } from '../../../src/pipeline/outputs/mqtt.ts';
import { openOtlpOutput } from '../../../src/pipeline/outputs/otlp.ts';
import { openSyslogOutput } from '../../../src/pipeline/outputs/syslog.ts';
import { type Collectors, openCollectors } from '../../../src/pipeline/sources/collectors.ts';
import type { Receiver } from '../../contract/output.ts';
import { memoryState } from '../../fakes/state.ts';
import { until } from '../sources/harness.ts';

/** A TCP server; when it is started again it has the same port as before. */
async function serverOn(accept: (socket: Socket) => void) {
  let server: Server | undefined;
  let port = 0;
  const open = new Set<Socket>();
  const start = async (): Promise<void> => {
    server = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => open.delete(socket));
      accept(socket);
    });
    const made = server;
    await new Promise<void>((resolve) => made.listen(port, '127.0.0.1', resolve));
    port = (made.address() as { port: number }).port;
  };
  const stop = async (): Promise<void> => {
    const old = server;
    server = undefined;
    for (const socket of open) socket.destroy();
    if (old) await new Promise((resolve) => old.close(resolve));
  };
  await start();
  return { start, stop, port };
}

/** Reads octet-counted frames and keeps the text after the header and the structured data. */
export async function syslogReceiver(): Promise<Receiver & { frames: string[] }> {
  const received: unknown[] = [];
  const frames: string[] = [];
  const server = await serverOn((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const space = rest.indexOf(32);
        if (space < 0) return;
        const length = Number(rest.toString('latin1', 0, space));
        if (rest.length < space + 1 + length) return;
        const frame = rest.toString('utf8', space + 1, space + 1 + length);
        frames.push(frame);
        received.push(JSON.parse(frame.slice(frame.indexOf('] {') + 2)));
        rest = rest.subarray(space + 1 + length);
      }
    });
  });
  return {
    received,
    frames,
    arrived: (count) => until(() => received.length >= count, `${count} messages`),
    stop: server.stop,
    start: server.start,
    open: () => openSyslogOutput({ host: '127.0.0.1', port: server.port, tls: false }),
    [Symbol.asyncDispose]: server.stop,
  };
}

/** The broker aedes, from npm. */
export async function mqttReceiver(): Promise<Receiver> {
  const received: unknown[] = [];
  const broker = await Aedes.createBroker();
  broker.on('publish', (packet) => {
    if (packet.topic === 'bongsu/anomalies') received.push(JSON.parse(packet.payload.toString()));
  });
  const server = await serverOn((socket) => broker.handle(socket));
  return {
    received,
    arrived: (count) => until(() => received.length >= count, `${count} messages`),
    stop: server.stop,
    start: server.start,
    open: () => openMqttOutput({ url: `mqtt://127.0.0.1:${server.port}`, topic: 'bongsu/anomalies' }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}

/** The collector of this project, which is tested with the exporters of OpenTelemetry. */
export async function otlpReceiver(protocol: 'grpc' | 'http/protobuf' | 'http/json'): Promise<Receiver> {
  const received: unknown[] = [];
  const kind = protocol === 'grpc' ? 'grpc' : 'http';
  let collectors: Collectors | undefined;
  let port = 0;
  const start = async (): Promise<void> => {
    collectors = await openCollectors(parseConfig({ collect: { otlp: { [kind]: { port } } } }).collect, {
      take: async (lines) => {
        for (const { text } of lines) received.push(JSON.parse(text));
      },
      state: memoryState(),
      metrics: createMetrics(),
      log: createLog('silent'),
    });
    port = collectors.listeners[0]!.port;
  };
  const stop = async (): Promise<void> => {
    await collectors?.[Symbol.asyncDispose]();
    collectors = undefined;
  };
  await start();
  const url = `http://127.0.0.1:${port}${kind === 'http' ? '/v1/logs' : ''}`;
  return {
    received,
    arrived: (count) => until(() => received.length >= count, `${count} records`),
    stop,
    start,
    open: () => openOtlpOutput({ url, protocol }, () => undefined),
    [Symbol.asyncDispose]: stop,
  };
}
