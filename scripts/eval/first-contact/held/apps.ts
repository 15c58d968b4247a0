// Applications of the held-out group.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld, nextCall } from '../names.ts';
import { iso, stamp } from '../stamp.ts';

/** Threads wait for each other and stay stuck. Healthy: a redeployment, pool tests that fail once and pass. */
function weblogic(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [10, 25]);
  const log = new Log();
  const server = `${world.service}_srv1`;
  const say = (
    at: number,
    level: string,
    subsystem: string,
    code: string,
    text: string,
    tag?: 'proof',
  ): void =>
    log.add(
      at,
      `####<${stamp(at, '%b %D, %Y %I:%M:%S,%L %p')} UTC> <${level}> <${subsystem}> <${world.host}> <${server}> <[ACTIVE] ExecuteThread: '${draw.int(0, 40)}' for queue: 'weblogic.kernel.Default (self-tuning)'> <<WLS Kernel>> <> <${draw.hex(8)}> <${at}> <[severity-value: ${level === 'Error' ? 8 : level === 'Warning' ? 16 : 64}] [rid: 0]> <BEA-${code}> <${text}>`,
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 4))
    draw.weigh([
      [
        () =>
          say(
            at,
            'Info',
            'Common',
            '000628',
            `Created "1" resources for pool "${world.database}DS", out of which "1" are available and "0" are unavailable.`,
          ),
        4,
      ],
      [
        () =>
          say(
            at,
            'Notice',
            'WorkManager',
            '002959',
            `Self-tuning thread pool contains ${draw.int(2, 12)} running threads, ${draw.int(0, 4)} idle threads, and ${draw.int(8, 20)} standby threads`,
          ),
        4,
      ],
      [
        () =>
          say(
            at,
            'Warning',
            'JDBC',
            '001153',
            `Forcibly releasing inactive connection "${world.database}DS-${draw.int(1, 30)}" back into the data source connection pool`,
          ),
        0.4,
      ],
    ])();
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 20))
      say(
        at,
        'Error',
        'WebLogicServer',
        '000337',
        `[STUCK] ExecuteThread: '${draw.int(1, 40)}' for queue: 'weblogic.kernel.Default (self-tuning)' has been busy for "${draw.int(600, 1900)}" seconds working on the request "Http Request Information: /${world.service}/${world.thing}", which is more than the configured time (StuckThreadMaxTime) of "600" seconds in "server-failure-trigger". Stack trace:\n\tjava.lang.Object.wait(Native Method)\n\tcom.${world.domain.split('.')[0]}.${world.service}.Gate.acquire(Gate.java:${draw.int(40, 90)})\n\tweblogic.work.ExecuteThread.run(ExecuteThread.java:360)\n`,
        'proof',
      );
  return {
    kind: 'weblogic server log',
    files: { 'server1.log': log },
    culprit: [
      'server1',
      'weblogic',
      'WebLogicServer',
      server,
      world.host,
      world.service,
      world.thing,
      `/${world.service}/${world.thing}`,
    ],
    problem: ['stuck|busy|thread|seconds|hang|wait|block'],
    lines: ['\\[STUCK\\]'],
    services: ['server1'],
    note: broken ? 'threads are stuck' : 'connections released by force at a steady rate',
  };
}

/** The broker refuses connections, messages are lost. Healthy: single time-outs, second tries. */
function serilog(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.8], [10, 20]);
  const log = new Log();
  const requests = new Requests();
  const say = (at: number, mt: string, more: object, tag?: 'proof'): void =>
    log.add(
      at,
      JSON.stringify({
        '@t': `${iso(at).slice(0, -1)}${String((at * 7919) % 1000).padStart(3, '0')}0Z`,
        '@mt': mt,
        ...more,
        Application: world.service,
      }),
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 1.7)) {
    const call = nextCall(draw, world);
    const ms = Math.round(draw.around(31, 12) * 10_000) / 10_000;
    say(at, 'HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms', {
      RequestMethod: call.method,
      RequestPath: call.path,
      StatusCode: call.status,
      Elapsed: ms,
      RequestId: `0HN${draw.hex(8).toUpperCase()}:0001`,
    });
    requests.see(call.status, call.endpoint, ms);
    if (call.method === 'POST' && broken && story.on(at))
      say(
        at + 8,
        'Could not publish {EventType} to {Broker}',
        {
          '@l': 'Error',
          '@x': `System.Net.Sockets.SocketException (111): Connection refused\n   at MassTransit.Transport.ConnectAsync()\n   at ${world.service}.Publisher.Send(Object message) in /src/Publisher.cs:line ${draw.int(20, 60)}`,
          EventType: `${world.thing}Changed`,
          Broker: `mq.${world.domain}:5672`,
        },
        'proof',
      );
    else if (draw.chance(0.008)) {
      say(at + 8, 'Publishing {EventType} timed out, attempt {Attempt}', {
        '@l': 'Warning',
        EventType: `${world.thing}Changed`,
        Attempt: 1,
      });
      say(at + 900, 'Published {EventType} at attempt {Attempt}', {
        EventType: `${world.thing}Changed`,
        Attempt: 2,
      });
    }
  }
  return {
    kind: 'serilog compact json',
    files: { [`${world.service}.clef`]: log },
    culprit: [
      world.service,
      `mq.${world.domain}`,
      `mq.${world.domain}:5672`,
      'mq',
      'broker',
      'Publisher',
      'MassTransit',
    ],
    problem: ['publish|refused|broker|connect|mq|5672'],
    lines: ['Could not publish'],
    services: [world.service],
    requests,
    note: broken ? 'the broker refuses connections' : 'single time-outs, second tries succeed',
  };
}

/** Writes are refused for a quota. Healthy: a rolling deployment, single conflicts. */
function gcp(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 2], [10, 25]);
  const log = new Log();
  const pods = [1, 2, 3].map(() => `${world.service}-${draw.hex(8)}-${draw.text(5, 'bcdfghjklm24578')}`);
  const say = (at: number, severity: string, payload: object, tag?: 'proof'): void =>
    log.add(
      at,
      JSON.stringify({
        insertId: draw.hex(12),
        jsonPayload: payload,
        resource: {
          type: 'k8s_container',
          labels: { container_name: world.service, namespace_name: 'prod', pod_name: draw.pick(pods) },
        },
        timestamp: `${iso(at).slice(0, -1)}${draw.int(100_000, 999_999)}Z`,
        severity,
        logName: `projects/${world.database}/logs/stdout`,
      }),
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 2.1)) {
    const failed = broken && story.on(at) && draw.chance(0.6);
    if (failed)
      say(
        at,
        'ERROR',
        {
          message: `write of ${world.thing} rejected`,
          cause: `RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute' of service 'store.${world.domain}'`,
          rows: draw.int(1, 90),
        },
        'proof',
      );
    else
      say(at, 'INFO', {
        message: `wrote ${world.thing}`,
        rows: draw.int(1, 90),
        latency: `${draw.int(8, 70)}ms`,
      });
    if (draw.chance(0.01))
      say(at + 30, 'WARNING', { message: 'transaction conflict, repeated once', table: world.thing2 });
  }
  return {
    kind: 'GCP structured log',
    files: { 'export.json': log },
    culprit: [world.service, `store.${world.domain}`, 'store', 'export', ...pods],
    problem: ['quota|exhausted|limit|exceeded|rejected'],
    lines: ['Quota exceeded'],
    services: [world.service],
    note: broken ? 'a quota of writes is exceeded' : 'single conflicts',
  };
}

/** A dyno runs out of memory and its requests time out. Healthy: a release. */
function heroku(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.6], [8, 18]);
  const log = new Log();
  const requests = new Requests();
  const say = (at: number, who: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}+00:00 ${who}: ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 1.6)) {
    const call = nextCall(draw, world);
    const dyno = `web.${draw.int(1, 3)}`;
    const late = broken && story.on(at) && draw.chance(0.4);
    const single = !late && draw.chance(0.001);
    const status = late || single ? 503 : call.status;
    const ms = late ? 30_000 : single ? draw.int(1, 9) : Math.round(draw.around(64, 25));
    const error = late
      ? 'at=error code=H12 desc="Request timeout"'
      : single
        ? 'at=error code=H18 desc="Server Request Interrupted"'
        : 'at=info';
    say(
      at,
      'heroku[router]',
      `${error} method=${call.method} path="${call.path}" host=${world.service}.${world.domain} request_id=${draw.hex(8)}-${draw.hex(4)}-${draw.hex(12)} fwd="${draw.ip('203.0')}" dyno=${dyno} connect=${draw.int(0, 2)}ms service=${ms}ms status=${status} bytes=${late ? 0 : draw.int(200, 9000)} protocol=https`,
      late ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint);
    if (!late && draw.chance(0.3))
      say(at - 4, `app[${dyno}]`, `rendered ${world.thing} in ${draw.int(4, 50)} ms`);
  }
  if (broken)
    for (const at of rhythm(draw, story.begin - 20_000, story.end, 22))
      say(at, 'heroku[web.2]', 'Error R14 (Memory quota exceeded)', 'proof');
  else {
    say(story.begin, 'heroku[web.1]', 'Restarting');
    say(story.begin + 60, 'heroku[web.1]', 'State changed from up to starting');
    say(story.begin + 900, 'heroku[web.1]', 'Stopping all processes with SIGTERM');
    say(story.begin + 1900, 'heroku[web.1]', 'Process exited with status 143');
    say(story.begin + 7000, 'heroku[web.1]', 'State changed from starting to up');
  }
  return {
    kind: 'heroku router and dynos',
    files: { 'heroku.log': log },
    culprit: [
      'heroku',
      'router',
      'web',
      'web.2',
      'heroku[web.2]',
      'heroku[router]',
      'app',
      world.service,
      'heroku/web.2',
      'heroku/router',
      `${world.service}.${world.domain}`,
    ],
    problem: ['memory|R14|quota|H12|timeout|503|5xx|server error'],
    lines: ['code=H12', 'Error R14'],
    services: ['heroku[router]', 'heroku[web.2]'],
    requests,
    note: broken ? 'a dyno is out of memory, requests time out' : 'a restart; single interrupted requests',
  };
}

export const APPS: Family[] = [
  { name: 'weblogic', make: weblogic },
  { name: 'serilog', make: serilog },
  { name: 'gcp', make: gcp },
  { name: 'heroku', make: heroku },
];
