import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onPath } from '../provision.layout.ts';
import { freePort, freshDir, launch, type Server } from './launch.ts';

const reachable = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });

/**
 * rsyslog, taking lines on a TCP port and doing with them what `rules` say (RainerScript).
 * @param options.ca file with the authority it trusts where it sends over TLS
 */
export async function startRsyslog(options: { port: number; ca?: string; rules: string[] }): Promise<Server> {
  const dir = await freshDir('rsyslog');
  const config = join(dir, 'rsyslog.conf');
  const ca = options.ca ? ` DefaultNetstreamDriverCAFile="${options.ca}"` : '';
  writeFileSync(
    config,
    `global(workDirectory="${dir}"${ca})
module(load="imtcp")
input(type="imtcp" port="${options.port}" address="127.0.0.1")
${options.rules.join('\n')}
`,
  );
  return launch({
    name: 'rsyslog',
    url: `tcp://127.0.0.1:${options.port}`,
    dir,
    command: onPath('rsyslogd') ?? 'rsyslogd',
    args: ['-n', '-f', config, '-i', join(dir, 'rsyslogd.pid')],
    ready: () => reachable(options.port),
  });
}

/** The MQTT broker mosquitto, open to this machine. */
export async function startMosquitto(port: number): Promise<Server> {
  const dir = await freshDir('mosquitto');
  const config = join(dir, 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n`);
  return launch({
    name: 'mosquitto',
    url: `mqtt://127.0.0.1:${port}`,
    dir,
    command: onPath('mosquitto') ?? 'mosquitto',
    args: ['-c', config],
    ready: () => reachable(port),
  });
}

/**
 * Alertmanager, which sends every alert at once to a webhook, and again every two seconds.
 * @param options.secret what it sends as a Bearer token
 */
export async function startAlertmanager(options: { webhook: string; secret: string }): Promise<Server> {
  const dir = await freshDir('alertmanager');
  const config = join(dir, 'alertmanager.yml');
  writeFileSync(
    config,
    `route:
  receiver: bongsu
  group_by: [alertname, service]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 2s
receivers:
  - name: bongsu
    webhook_configs:
      - url: ${options.webhook}
        http_config:
          authorization: {type: Bearer, credentials: ${options.secret}}
`,
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return launch({
    name: 'alertmanager',
    url,
    dir,
    command: onPath('prometheus-alertmanager') ?? 'prometheus-alertmanager',
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // It is alone.
      '--cluster.listen-address=',
    ],
    ready: async () => {
      const { status } = await fetch(`${url}/-/ready`);
      if (status !== 200) throw new Error(`status ${status}`);
    },
  });
}
