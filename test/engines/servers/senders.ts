import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onPath } from '../provision.layout.ts';
import { freshDir, launch, type Server } from './launch.ts';

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
