import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { glob, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.ts';
import type { Health } from '../domain/health.ts';
import { DAY } from '../domain/time/units.ts';

const CONNECT_MS = 3_000;
const SOON_MS = 14 * DAY;

/** A port that a collector listens on. */
interface Door {
  name: string;
  host: string;
  port: number;
  udp?: boolean;
  tls?: { cert: string; key: string; ca?: string | undefined } | undefined;
}

/**
 * Health of what `collect` opens and `send` reaches: are ports free, are certificates good, do receivers answer?
 * @param running whether Bongsu itself is running; its ports are then in use, which is fine
 */
export async function collectHealth(config: Config, running: boolean): Promise<Record<string, Health>> {
  const { syslog, beats, otlp, files } = config.collect;
  const doors: Door[] = [];
  if (syslog?.udp) doors.push({ name: 'syslog udp', ...syslog.udp, udp: true });
  if (syslog?.tcp) doors.push({ name: 'syslog tcp', ...syslog.tcp });
  if (syslog?.tls) doors.push({ name: 'syslog tls', ...syslog.tls, tls: syslog.tls });
  if (beats) doors.push({ name: 'beats', ...beats });
  if (otlp?.grpc) doors.push({ name: 'otlp grpc', ...otlp.grpc });
  if (otlp?.http) doors.push({ name: 'otlp http', ...otlp.http });
  const found: Record<string, Health> = {};
  for (const door of doors) found[door.name] = (await tlsHealth(door)) ?? (await doorHealth(door, running));
  if (files.length > 0) found.files = await filesHealth(files);
  const { syslog: to, mqtt, otlp: exported } = config.send;
  if (to) found['send syslog'] = await receiverHealth('syslog', to.host, to.port);
  for (const [name, url] of [
    ['mqtt', mqtt?.url],
    ['otlp', exported?.url],
  ] as const) {
    if (!url) continue;
    const { hostname, port, protocol } = new URL(url);
    const standard = { 'mqtt:': 1_883, 'mqtts:': 8_883, 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 }[
      protocol
    ];
    found[`send ${name}`] = await receiverHealth(name, hostname, Number(port) || (standard ?? 0));
  }
  return found;
}

async function doorHealth({ name, host, port, udp }: Door, running: boolean): Promise<Health> {
  const kind = name.split(' ')[0]!;
  const place = `${host}:${port}${udp ? '/udp' : ''}`;
  const target = udp ? createSocket(host.includes(':') ? 'udp6' : 'udp4') : createServer();
  const bound = Promise.all([once(target, 'listening')]).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? 'error',
  );
  if ('bind' in target) target.bind(port, host);
  else target.listen(port, host);
  const trouble = await bound;
  if (!trouble) await new Promise<void>((resolve) => target.close(() => resolve()));
  if (!trouble) return { ok: true, kind, detail: `${place} is free` };
  if (trouble === 'EADDRINUSE' && running)
    return { ok: true, kind, detail: `${place} is in use while Bongsu runs` };
  return {
    ok: false,
    kind,
    detail: `${place} cannot be opened (${trouble})`,
    mend: trouble === 'EACCES' ? 'use a port above 1023' : 'stop what uses the port, or change it in collect',
  };
}

/** Undefined when the certificate is good, or when there is none. */
async function tlsHealth({ name, tls }: Door): Promise<Health | undefined> {
  if (!tls) return undefined;
  const wrong = (detail: string, mend: string): Health => ({
    ok: false,
    kind: name.split(' ')[0]!,
    detail,
    mend,
  });
  const read: Buffer[] = [];
  for (const file of [tls.cert, tls.key, tls.ca])
    if (file)
      try {
        read.push(await readFile(file));
      } catch {
        return wrong(`${file} cannot be read`, 'correct the path, or let Bongsu read the file');
      }
  const [cert, key] = read as [Buffer, Buffer];
  try {
    createSecureContext({ cert, key, ...(read[2] ? { ca: read[2] } : {}) });
  } catch {
    return wrong(
      `${tls.cert} and ${tls.key} are no pair of certificate and key`,
      'use PEM files that belong together',
    );
  }
  const ends = Date.parse(new X509Certificate(cert).validTo);
  return ends < Date.now() + SOON_MS
    ? wrong(
        `${tls.cert} is valid until ${new Date(ends).toISOString().slice(0, 10)}`,
        'renew the certificate',
      )
    : undefined;
}

async function filesHealth(patterns: readonly string[]): Promise<Health> {
  const empty: string[] = [];
  for (const pattern of patterns) {
    let any = false;
    for await (const path of glob(pattern)) {
      any = path !== '';
      break;
    }
    if (!any) empty.push(pattern);
  }
  return empty.length === 0
    ? { ok: true, kind: 'files', detail: patterns.join(', ') }
    : { ok: true, kind: 'files', detail: `nothing there yet for ${empty.join(', ')}` };
}

async function receiverHealth(kind: string, host: string, port: number): Promise<Health> {
  const socket = connect(port, host);
  const place = `${host}:${port}`;
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return { ok: true, kind, detail: `${place} is reachable` };
  } catch {
    return {
      ok: false,
      kind,
      detail: `${place} cannot be reached`,
      mend: 'start the receiver, or correct send',
    };
  } finally {
    socket.destroy();
  }
}
