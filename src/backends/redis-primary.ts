/**
 * Redis's own words for "not here, or not yet": what was asked has not been done, and a primary may be behind the same address by
 * now. The first word of an error reply is its code, by protocol.
 */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'READONLY',
  'MASTERDOWN',
  'LOADING',
  'UNBLOCKED',
  'NOREPLICAS',
]);
/** Where another reply carries the real one: a script (before Redis 7), a transaction that is given up. */
const CARRIED = /: -([A-Z]+) |because of: ([A-Z]+) /;

/** The code of an error reply, also of one that a script's or a transaction's reply only carries. */
export function replyCode({ message }: Error): string {
  const code = message.slice(0, (message.indexOf(' ') + 1 || message.length + 1) - 1);
  if (code !== 'ERR' && code !== 'EXECABORT') return code;
  const carried = CARRIED.exec(message);
  return carried?.[1] ?? carried?.[2] ?? code;
}

/** Whether the server refused because it is not the primary; then nothing was done, and asking again is safe. */
export const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && ELSEWHERE.has(replyCode(error));

/** What is asked of a client of ioredis. */
interface Client {
  readonly status: string;
  info(): Promise<string>;
  disconnect(reconnect: boolean): void;
  on(event: 'ready', listener: () => void): unknown;
}

export interface PrimarySeeker {
  /** For ioredis; they take the place of its own wait on the same socket while a server loads. */
  readonly options: {
    enableReadyCheck: false;
    socketTimeout: number;
    reconnectOnError: (error: Error) => false | 1 | 2;
    retryStrategy: (attempt: number) => number | null;
  };
  /** Asks a connection, now and whenever it was made anew, whether a primary is at its end, and lets go of it if not. */
  watch(client: Client): void;
}

/**
 * Keeps clients of one address at the primary behind it. A failover leaves old connections open, at a server that only reads
 * or at none at all: a refusal of that kind ends the connection at once, and so does a socket that owes an answer too long.
 * @param options.pace milliseconds before the given try to connect (from 1); null for none
 * @param options.silenceMs longest wait for the next word of an answer; more than any command may block
 * @param options.resend whether a refused command is sent again on the next connection, instead of failing
 * @param options.lost told of every refusal, so that connections that only read are made anew too
 */
export function seekPrimary(options: {
  pace: (attempt: number) => number | null;
  silenceMs: number;
  resend: boolean;
  lost?: () => void;
}): PrimarySeeker {
  const { pace, silenceMs, resend, lost = () => {} } = options;
  /** Connections since a primary answered that led to none: ioredis counts from the start after every one that was made. */
  let astray = 0;
  let counted = false;
  const stray = (): void => {
    if (!counted) astray += 1;
    counted = true;
  };
  const check = async (client: Client): Promise<void> => {
    // Who may not ask is told by the first write.
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
