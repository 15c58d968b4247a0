import { createHmac } from 'node:crypto';
import { parseConfig } from '../../../src/config/config.ts';
import type { AnomalyWire } from '../../../src/domain/alert/anomaly.ts';
import type { HookRead, HookReader } from '../../../src/web/hooks/hook-alert.ts';
import { startWeb } from '../harness.ts';

export const SECRET = 'a-secret-of-enough-length';
export const TOKEN = 'a-token-of-enough-length';
export const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);

export const sign = (...parts: string[]): string =>
  createHmac('sha256', SECRET).update(parts.join('')).digest('hex');

/** A server with hooks that keeps what they publish. */
export async function hookServer(
  options: { hooks?: object; env?: Record<string, string>; publish?: () => Promise<void> } = {},
) {
  const published: AnomalyWire[] = [];
  const config = parseConfig({ http: { port: 0 }, hooks: options.hooks ?? {} }, options.env);
  const server = await startWeb({
    config,
    publishAnomalies: async (messages) => {
      await options.publish?.();
      published.push(...messages.map(({ value }) => JSON.parse(String(value))));
    },
  });
  const post = (name: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.address}/hooks/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { ...server, published, post, [Symbol.asyncDispose]: () => server.web.stop() };
}

/** The alerts that a reader finds in a payload. */
export const alertsIn = (reader: HookReader, payload: unknown, headers: Record<string, string> = {}) =>
  reader({ payload, headers, receivedAt: NOW }).flatMap((one) => ('alert' in one ? [one.alert] : []));

/** What a reader says is wrong, as `path: message`. */
export const wrongIn = (reader: HookReader, payload: unknown): string[] =>
  reader({ payload, headers: {}, receivedAt: NOW }).flatMap((one: HookRead) =>
    'wrong' in one ? one.wrong.map(({ path }) => path) : [],
  );

/** A notification of Alertmanager with these alerts. */
export const notification = (...alerts: object[]) => ({
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'bongsu',
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example:9093',
  alerts,
});

export const firing = (fields: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'checkout', severity: 'critical' },
  annotations: { summary: 'Too many requests fail', description: '12 % of requests answer 5xx.' },
  startsAt: '2026-11-21T08:50:00.123Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example:9090/graph?g0.expr=up',
  fingerprint: '8f2c5b1d0e7a4c39',
  ...fields,
});
