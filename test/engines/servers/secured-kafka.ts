import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startKafka } from '../servers.ts';
import { selfSigned } from './certificate.ts';
import { freePort, freshDir, type Server } from './launch.ts';

const LOGIN = 'org.apache.kafka.common.security';

/** A broker that is reached in several secure ways, each on a listener of its own. */
export type SecuredKafka = Server & {
  /** Without anything, for the test's own administration. */
  readonly open: string[];
  /** SASL over TLS: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER (tokens without a signature). */
  readonly sasl: Record<'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer', string[]>;
  /** TLS that asks for a certificate of the client. */
  readonly mutual: string[];
  /** The certificate authority, which is the broker's own certificate; with its key also that of a client. */
  readonly ca: string;
  readonly key: string;
  readonly user: { username: string; password: string };
};

/** A single broker with TLS and SASL, from a certificate of `openssl`. */
export async function startSecuredKafka(settings: readonly string[] = []): Promise<SecuredKafka> {
  const folder = await freshDir('kafka-certificates');
  const [ca, key, both] = ['ca.pem', 'key.pem', 'both.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  selfSigned(ca, key);
  await writeFile(both, readFileSync(key, 'utf8') + readFileSync(ca, 'utf8'));
  const user = { username: 'lighthouse', password: 'beam-at-night-7' };
  const port = await freePort();
  const ways = ['PLAIN', 'SHORT', 'LONG', 'TOKEN', 'MUTUAL'] as const;
  const ports = new Map<string, number>();
  for (const way of ways) ports.set(way, await freePort());
  const places = [
    `PLAINTEXT://127.0.0.1:${port}`,
    ...ways.map((way) => `${way}://127.0.0.1:${ports.get(way)}`),
  ];
  const controller = await freePort();
  const scram = (listener: string, mechanism: string): string[] => [
    `listener.name.${listener}.sasl.enabled.mechanisms=${mechanism.toUpperCase()}`,
    `listener.name.${listener}.${mechanism}.sasl.jaas.config=${LOGIN}.scram.ScramLoginModule required;`,
  ];
  const credentials = `[name=${user.username},password=${user.password}]`;
  const server = await startKafka({
    port,
    format: ['SHA-256', 'SHA-512'].flatMap((hash) => ['--add-scram', `SCRAM-${hash}=${credentials}`]),
    settings: [
      `listeners=${[...places, `CONTROLLER://127.0.0.1:${controller}`].join(',')}`,
      `advertised.listeners=${places.join(',')}`,
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      'inter.broker.listener.name=PLAINTEXT',
      `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MUTUAL:SSL,${ways
        .filter((way) => way !== 'MUTUAL')
        .map((way) => `${way}:SASL_SSL`)
        .join(',')}`,
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${both}`,
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${ca}`,
      'listener.name.mutual.ssl.client.auth=required',
      'listener.name.plain.sasl.enabled.mechanisms=PLAIN',
      `listener.name.plain.plain.sasl.jaas.config=${LOGIN}.plain.PlainLoginModule required user_${user.username}="${user.password}";`,
      ...scram('short', 'scram-sha-256'),
      ...scram('long', 'scram-sha-512'),
      'listener.name.token.sasl.enabled.mechanisms=OAUTHBEARER',
      `listener.name.token.oauthbearer.sasl.jaas.config=${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      ...settings,
    ],
  });
  const at = (way: (typeof ways)[number]): string[] => [`127.0.0.1:${ports.get(way)}`];
  const stop = server.stop.bind(server);
  const ended = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(server, {
    open: server.brokers,
    sasl: {
      plain: at('PLAIN'),
      'scram-sha-256': at('SHORT'),
      'scram-sha-512': at('LONG'),
      oauthbearer: at('TOKEN'),
    },
    mutual: at('MUTUAL'),
    ...{ ca, key, user },
    stop: ended,
    [Symbol.asyncDispose]: ended,
  });
}
