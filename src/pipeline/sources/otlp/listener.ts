import type { Listener } from '../receiving/listener.ts';

/**
 * The listener of a protocol whose connections are served by a library.
 * @param tcp accepts the connections
 * @param server.quiesce answers new requests with "come again"
 * @param server.dispose closes what the library has, and `tcp`
 */
export const otlpListener = (
  tcp: Listener,
  server: { quiesce(): void; dispose(): Promise<void> },
): Listener => ({
  name: tcp.name,
  get port() {
    return tcp.port;
  },
  health: () => tcp.health(),
  quiesce() {
    server.quiesce();
    tcp.quiesce();
  },
  [Symbol.asyncDispose]: server.dispose,
});
