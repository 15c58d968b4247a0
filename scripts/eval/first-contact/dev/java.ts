// Java programs: java.util.logging of an application server, a log4j2 pattern.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** The pool of database connections is exhausted. Healthy: the application is deployed anew, with its usual warnings. */
function tomcat(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [6, 15]);
  const log = new Log();
  const pack = `com.${world.domain.split('.')[0]}.${world.service}`;
  const say = (at: number, level: string, thread: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%d-%b-%Y %H:%M:%S.%L')} ${level} [${thread}] ${text}`, tag);
  const worker = (): string => `http-nio-8080-exec-${draw.int(1, 25)}`;
  for (const at of moments(draw, story.from, story.to, 3)) {
    say(
      at,
      'INFO',
      worker(),
      draw.weigh<string>([
        [
          `${pack}.web.${cap(world.thing)}Servlet.doGet Listed ${draw.int(1, 60)} ${world.thing} in ${draw.int(4, 70)} ms`,
          7,
        ],
        [
          `${pack}.web.${cap(world.thing2)}Servlet.doPost Saved one of ${world.thing2}, id ${draw.int(1000, 99_999)}`,
          3,
        ],
        [`${pack}.web.SessionListener.sessionCreated ${draw.int(20, 90)} sessions`, 2],
      ]),
    );
    if (draw.chance(0.01))
      say(
        at + 20,
        'WARNING',
        worker(),
        `org.apache.catalina.util.SessionIdGeneratorBase.createSecureRandom Creation of SecureRandom instance took [${draw.int(110, 240)}] milliseconds.`,
      );
    if (draw.chance(0.004))
      say(
        at + 30,
        'SEVERE',
        worker(),
        `${pack}.web.Upload.parse Could not read the upload of user ${draw.int(10, 999)}\n\tjava.io.EOFException: Unexpected EOF read on the socket\n\t\tat org.apache.coyote.http11.Http11InputBuffer.fill(Http11InputBuffer.java:805)\n\t\tat java.base/java.lang.Thread.run(Thread.java:840)`,
      );
  }
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 4))
      say(
        at,
        'SEVERE',
        worker(),
        `org.apache.catalina.core.StandardWrapperValve.invoke Servlet.service() for servlet [${world.thing}] in context with path [/${world.service}] threw exception\n\torg.apache.tomcat.jdbc.pool.PoolExhaustedException: [http-nio-8080-exec-${draw.int(1, 25)}] Timeout: Pool empty. Unable to fetch a connection in 30 seconds, none available[size:50; busy:50; idle:0; lastwait:30000].\n\t\tat org.apache.tomcat.jdbc.pool.ConnectionPool.borrowConnection(ConnectionPool.java:738)\n\t\tat ${pack}.data.Store.open(Store.java:${draw.int(40, 60)})\n\t\tat java.base/java.lang.Thread.run(Thread.java:840)`,
        'proof',
      );
  else {
    const at = story.begin;
    say(
      at,
      'INFO',
      'Catalina-utility-1',
      `org.apache.catalina.startup.HostConfig.undeploy Undeploying context [/${world.service}]`,
    );
    say(
      at + 700,
      'WARNING',
      'Catalina-utility-1',
      `org.apache.catalina.loader.WebappClassLoaderBase.clearReferencesThreads The web application [${world.service}] appears to have started a thread named [pool-2-thread-1] but has failed to stop it. This is very likely to create a memory leak.`,
    );
    say(
      at + 1900,
      'INFO',
      'Catalina-utility-1',
      `org.apache.catalina.startup.HostConfig.deployWAR Deploying web application archive [/opt/webapps/${world.service}.war]`,
    );
    say(
      at + 9300,
      'INFO',
      'Catalina-utility-1',
      `org.apache.catalina.startup.HostConfig.deployWAR Deployment of web application archive [/opt/webapps/${world.service}.war] has finished in [${draw.int(6000, 7300)}] ms`,
    );
  }
  return {
    kind: 'tomcat, java.util.logging in one line',
    files: { 'catalina.log': log },
    culprit: [
      'catalina',
      'tomcat',
      world.service,
      world.thing,
      'StandardWrapperValve',
      'ConnectionPool',
      `${pack}`,
    ],
    problem: ['pool|connection|exhaust|database|none available'],
    lines: ['PoolExhausted', 'Pool empty'],
    services: ['catalina'],
    note: broken ? 'the pool of connections is empty' : 'a deployment, and single severe errors all along',
  };
}

const cap = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** A partner's certificate has expired. Healthy: the same errors at the same rate all day, and a nightly batch. */
function log4j2(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [15, 40]);
  const log = new Log();
  const pack = `com.${world.domain.split('.')[0]}.${world.service}`;
  const say = (at: number, level: string, name: string, text: string, tag?: 'proof'): void =>
    log.add(
      at,
      `${stamp(at, '%Y-%m-%d %H:%M:%S,%L')} [pool-3-thread-${draw.int(1, 8)}] ${level.padEnd(5)} ${pack}.${name} - ${text}`,
      tag,
    );
  const partner = `partner${draw.int(1, 9)}.${world.domain}`;
  for (const at of moments(draw, story.from, story.to, 2.4)) {
    const failing = broken && at > story.begin;
    if (!failing || draw.chance(0.6))
      say(
        at,
        'INFO',
        'Sync',
        `pulled ${draw.int(1, 40)} ${world.thing} of ${world.other}, ${draw.int(12, 90)} ms`,
      );
    if (draw.chance(0.03))
      say(
        at + 9,
        'ERROR',
        'Mapper',
        `${world.thing.slice(0, -1)} ${draw.int(10_000, 99_999)} has no currency, skipped`,
      );
    if (failing && draw.chance(0.3))
      say(
        at + 11,
        'ERROR',
        'PartnerClient',
        `POST https://${partner}/v3/${world.thing} failed\njavax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed\n\tat java.base/sun.security.ssl.Alert.createSSLException(Alert.java:131)\n\tat ${pack}.PartnerClient.post(PartnerClient.java:88)\nCaused by: java.security.cert.CertificateExpiredException: NotAfter: ${new Date(story.begin).toUTCString()}\n\tat java.base/sun.security.x509.CertificateValidity.valid(CertificateValidity.java:277)\n\t... 21 more`,
        'proof',
      );
    else if (draw.chance(0.2))
      say(at + 12, 'INFO', 'PartnerClient', `sent ${draw.int(1, 9)} ${world.thing} to ${partner}`);
  }
  if (!broken)
    for (const at of rhythm(draw, story.begin, story.begin + 400_000, 0.5))
      say(at, 'INFO', 'Nightly', `archived ${world.thing.slice(0, -1)} ${draw.int(10_000, 99_999)}`);
  return {
    kind: 'log4j2 pattern',
    files: { [`${world.service}.log`]: log },
    culprit: [world.service, 'PartnerClient', partner, `${pack}.PartnerClient`, partner.split('.')[0]!, pack],
    problem: ['certificate|expired|ssl|tls|handshake|pkix|validity'],
    lines: ['CertificateExpired', 'SSLHandshakeException'],
    services: [world.service],
    note: broken ? 'a certificate expired' : 'the same error all day; a nightly batch of many lines',
  };
}

export const JAVA: Family[] = [
  { name: 'tomcat-juli', make: tomcat },
  { name: 'log4j2', make: log4j2 },
];
