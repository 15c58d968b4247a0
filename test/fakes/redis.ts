import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Answers one command in Redis's protocol (`-READONLY …\r\n`); undefined leaves it without an answer for good. */
export type Answer = (command: readonly string[]) => string | undefined;

export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
export const primary = (): string => bulk('# Replication\r\nrole:master\r\nloading:0\r\n');

/** One address of Redis where the nth connection meets the nth server (the last one serves all that follow). */
export async function fakeRedis(
  ...servers: Answer[]
): Promise<AsyncDisposable & { url: string; connections(): number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const answer = servers[Math.min(connections++, servers.length - 1)]!;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let waiting = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      waiting += text;
      for (let taken = take(waiting); taken; taken = take(waiting)) {
        waiting = taken.rest;
        const reply = greeting(taken.command) ?? answer(taken.command);
        if (reply !== undefined) socket.write(reply);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a client says first is no part of any test: the older protocol is spoken. */
function greeting([name]: readonly string[]): string | undefined {
  if (name?.toLowerCase() === 'hello') return "-ERR unknown command 'HELLO'\r\n";
  return name?.toLowerCase() === 'client' ? '+OK\r\n' : undefined;
}

/** The first whole command of what came; all are ASCII in tests, so characters are bytes. */
function take(text: string): { command: string[]; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  const command: string[] = [];
  let at = head[0].length;
  for (let left = Number(head[1]); left > 0; left--) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16));
    if (!size) return undefined;
    const from = at + size[0].length;
    at = from + Number(size[1]) + 2;
    if (text.length < at) return undefined;
    command.push(text.slice(from, at - 2));
  }
  return { command, rest: text.slice(at) };
}
