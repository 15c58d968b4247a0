import { type CertificateFault, certificateFault, pemOf } from './certificate.ts';

/**
 * Redis's error codes for "not here, or not yet": the command has not been carried out, and there may be a primary behind the
 * same address by now. By protocol the code is the first word of an error reply.
 */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'READONLY',
  'MASTERDOWN',
  'LOADING',
  'UNBLOCKED',
  'NOREPLICAS',
]);
/** Another reply may hold the real code: that of a script (before Redis 7), or of a transaction that is given up. */
const CARRIED = /: -([A-Z]+) |because of: ([A-Z]+) /;

/** The code of an error reply, also where the reply of a script or a transaction holds it. */
export function replyCode({ message }: Error): string {
  const code = message.slice(0, (message.indexOf(' ') + 1 || message.length + 1) - 1);
  if (code !== 'ERR' && code !== 'EXECABORT') return code;
  const carried = CARRIED.exec(message);
  return carried?.[1] ?? carried?.[2] ?? code;
}

/** Whether the server refused because it is not the primary. Then nothing was done, and the command may be sent again. */
export const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && ELSEWHERE.has(replyCode(error));

/** How a Redis is reached. */
export interface RedisAccess {
  /** `redis://` or `rediss://` (TLS), may carry user and password. */
  url: string;
  /** Its certificate authority where the system does not know it: PEM text, or the path of a file with it. */
  ca?: string | undefined;
}

/** @throws AppError `config_invalid` when the file of the authority cannot be read */
export const tlsOf = ({ url, ca }: RedisAccess, field: string): { tls?: { ca: string } } =>
  ca !== undefined && new URL(url).protocol === 'rediss:' ? { tls: { ca: pemOf(ca, field) } } : {};

/** Why the certificate of a Redis is refused; undefined if it is accepted, or if there is none. Never rejects. */
export async function redisFault({ url, ca }: RedisAccess): Promise<CertificateFault | undefined> {
  const { protocol, hostname: host, port } = new URL(url);
  if (protocol !== 'rediss:') return undefined;
  const authority = ca === undefined ? {} : { ca: pemOf(ca, 'state.ca') };
  return certificateFault({ host, port: Number(port || 6_379), ...authority });
}

/** The part of a client of ioredis that is used here. */
interface Client {
  readonly status: string;
  info(): Promise<string>;
  disconnect(reconnect: boolean): void;
  on(event: 'ready', listener: () => void): unknown;
}

export interface PrimarySeeker {
  /** Options for ioredis. They replace its own wait on the same socket while a server loads its data. */
  readonly options: {
    enableReadyCheck: false;
    socketTimeout: number;
    reconnectOnError: (error: Error) => false | 1 | 2;
    retryStrategy: (attempt: number) => number | null;
  };
  /** Asks the server, now and after each new connection, whether it is a primary; if not, the connection is closed. */
  watch(client: Client): void;
}

/**
 * Keeps clients of one address at the primary behind it. A failover leaves old connections open, to a replica or to a server
 * that is gone. So a connection is closed when a replica refuses a command, and when an answer takes too long.
 * @param options.pace milliseconds before each try to connect, by its number (from 1); null: do not try again
 * @param options.silenceMs the longest wait for more of an answer; longer than any command may block
 * @param options.resend whether a refused command is sent again on the next connection; otherwise it fails
 * @param options.lost called after every refusal, so that connections that only read can be made again too
 */
export function seekPrimary(options: {
  pace: (attempt: number) => number | null;
  silenceMs: number;
  resend: boolean;
  lost?: () => void;
}): PrimarySeeker {
  const { pace, silenceMs, resend, lost = () => {} } = options;
  /** Connections to no primary since one answered. ioredis itself counts from the start after every connection. */
  let astray = 0;
  let counted = false;
  const stray = (): void => {
    if (!counted) astray += 1;
    counted = true;
  };
  const check = async (client: Client): Promise<void> => {
    // A client that may not ask finds out with its first write.
    const info = await client.info().catch(() => '');
    if (!/^(?:role:slave|loading:1)/m.test(info)) {
      if (info) astray = 0;
      return;
    }
    stray();
    if (client.status === 'ready') client.disconnect(true);
  };
  return {
    options: {
      enableReadyCheck: false,
      socketTimeout: silenceMs,
      reconnectOnError(error) {
        if (!isElsewhere(error)) return false;
        stray();
        lost();
        return resend ? 2 : 1;
      },
      retryStrategy: (attempt) => pace(Math.max(attempt, astray)),
    },
    watch(client) {
      client.on('ready', () => {
        counted = false;
        void check(client);
      });
      if (client.status === 'ready') void check(client);
    },
  };
}
