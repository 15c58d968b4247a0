import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address before several servers, as a failover has it: new connections go where it points, old ones stay where they are. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Leads new connections to another port. */
  pointTo(port: number): void;
  /** From now on, old connections carry nothing and nobody is told: their peer is gone without a word. */
  silence(): void;
}

export async function openRelay(target: number): Promise<Relay> {
  const pairs = new Set<{ near: Socket; far: Socket; silent: boolean }>();
  let port = target;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const pair = { near, far, silent: false };
    pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => {
        if (!pair.silent) to.write(data);
      });
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(pair);
        if (!pair.silent) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    pointTo(next) {
      port = next;
    },
    silence() {
      for (const pair of pairs) {
        pair.silent = true;
        // The server's side of it is over, which the client never hears of.
        pair.far.destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
