import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../../config/config.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { AppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Output, SEND_MS } from './output.ts';

/** Syslog facility local0. */
const FACILITY = 16;
const SEVERITY = { critical: 2, warning: 4, normal: 6 } as const;
const escaped = (value: string): string => value.replace(/["\\\]]/g, '\\$&');

/** One anomaly as a message of RFC 5424 with its octet count before it (RFC 6587); the text is the JSON. */
export function syslogFrame(anomaly: Anomaly, host: string): string {
  const priority = FACILITY * 8 + SEVERITY[anomaly.anomaly_status];
  const data = `[bongsu@32473 id="${escaped(anomaly.id)}" service="${escaped(anomaly.service)}" severity="${anomaly.severity}"]`;
  const text = `<${priority}>1 ${anomaly.detected_at} ${host} bongsu ${process.pid} anomaly ${data} ${JSON.stringify(anomaly)}`;
  return `${Buffer.byteLength(text)} ${text}`;
}

/** Syslog over TCP or TLS. */
export function openSyslogOutput(options: NonNullable<Config['send']['syslog']>): Output {
  const { host, port, tls, ca } = options;
  const endpoint = `${host}:${port}${tls ? ' (TLS)' : ''}`;
  const name = hostname().replace(/[^\x21-\x7e]/g, '') || '-';
  let socket: Socket | undefined;

  async function connected(): Promise<Socket> {
    if (socket?.writable) return socket;
    const made = tls
      ? connectTls({ host, port, ...(ca ? { ca: readFileSync(ca) } : {}) })
      : connect({ host, port });
    // A syslog server sends nothing back; only reading shows that it closed the connection.
    made.resume();
    made.on('error', () => made.destroy());
    try {
      await once(made, tls ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(SEND_MS) });
    } catch (cause) {
      made.destroy();
      throw new AppError('unavailable', `syslog server ${endpoint} cannot be reached`, { cause });
    }
    made.setKeepAlive(true, MINUTE);
    socket = made;
    return made;
  }

  return {
    name: 'syslog',
    endpoint,
    async send(anomalies) {
      const to = await connected();
      const bytes = anomalies.map((anomaly) => syslogFrame(anomaly, name)).join('');
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => to.destroy(new Error('timeout')), SEND_MS);
        to.write(bytes, (cause) => {
          clearTimeout(late);
          if (cause)
            reject(new AppError('unavailable', `syslog server ${endpoint} ended the connection`, { cause }));
          else resolve();
        });
      });
    },
    async [Symbol.asyncDispose]() {
      if (!socket || socket.destroyed) return;
      const ended = once(socket, 'close');
      socket.end();
      const cut = setTimeout(() => socket?.destroy(), 1_000);
      await ended.catch(() => undefined);
      clearTimeout(cut);
    },
  };
}
