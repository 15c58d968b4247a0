import type { FastifyReply } from 'fastify';
import { problem, sendProblem } from './problem.ts';

/** A client for which more bytes than this wait is disconnected, because it reads too slowly. It reconnects and fetches all. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/** One open `text/event-stream` response. */
export interface EventStream {
  readonly open: boolean;
  send(event: { event?: string; id?: string; data: unknown }): void;
  close(): void;
  /** Runs once, when either side has closed. */
  onClose(callback: () => void): void;
}

/** All event streams of one server: their number is limited, and they end when the server stops. */
export function createEventStreams(limit: number) {
  const streams = new Set<EventStream>();

  /** Starts an event stream. When there are too many it answers 503 and returns undefined. */
  function open(reply: FastifyReply): EventStream | undefined {
    if (streams.size >= limit) {
      reply.header('retry-after', '10');
      sendProblem(reply, problem(503, 'rate_limited', 'Too many open event streams. Try again later.'));
      return undefined;
    }
    const headers = reply.getHeaders();
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Without this a proxy such as nginx collects events before it passes them on.
      'x-accel-buffering': 'no',
    });
    raw.write(': open\n\n');
    const callbacks: (() => void)[] = [];
    const stream: EventStream = {
      get open() {
        return streams.has(stream);
      },
      send({ event, id, data }) {
        if (!streams.has(stream)) return;
        if (raw.writableLength > MAX_WAITING_BYTES) return void raw.destroy();
        raw.write(
          `${id ? `id: ${id}\n` : ''}${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`,
        );
      },
      close() {
        raw.end();
        ended();
      },
      onClose(callback) {
        callbacks.push(callback);
      },
    };
    const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS);
    heartbeat.unref();
    const ended = (): void => {
      if (!streams.delete(stream)) return;
      clearInterval(heartbeat);
      for (const callback of callbacks) callback();
    };
    streams.add(stream);
    raw.on('close', ended);
    raw.on('error', ended);
    return stream;
  }

  return {
    open,
    closeAll(): void {
      for (const stream of [...streams]) stream.close();
    },
  };
}
export type EventStreams = ReturnType<typeof createEventStreams>;
