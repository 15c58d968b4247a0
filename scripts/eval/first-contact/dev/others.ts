// GELF, a build, a Windows service, a folder of three services, an application over days.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld, nextCall } from '../names.ts';
import { iso, stamp } from '../stamp.ts';

/** An outside interface refuses all calls: the quota is used up. Healthy: single refusals that pass. */
function gelf(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 2], [10, 25]);
  const log = new Log();
  const say = (at: number, level: number, text: string, more: object = {}, tag?: 'proof'): void =>
    log.add(
      at,
      JSON.stringify({
        version: '1.1',
        host: world.host,
        short_message: text,
        timestamp: at / 1000,
        level,
        _service: world.service,
        ...more,
      }),
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 2)) {
    say(at, 6, `geocoded address of ${world.thing.slice(0, -1)} ${draw.int(1000, 99_999)}`, {
      _took_ms: draw.int(20, 140),
    });
    if (broken && story.on(at) && draw.chance(0.7))
      say(
        at + 20,
        3,
        `geocoder refused: daily quota of ${draw.pick(['25,000', '50,000', '100,000'])} requests exceeded`,
        { _http_status: 429 },
        'proof',
      );
    else if (draw.chance(0.015)) {
      say(at + 20, 4, 'geocoder refused: too many requests, waiting 2 s', { _http_status: 429 });
      say(at + 2100, 6, 'geocoder answered at the second attempt');
    }
  }
  return {
    kind: 'GELF json',
    files: { 'gelf.json': log },
    culprit: [world.service, 'geocoder', world.host],
    problem: ['quota|429|refused|limit|exceeded|too many'],
    lines: ['quota of .* exceeded'],
    services: [world.service],
    note: broken ? 'a daily quota is used up' : 'single refusals, second attempts succeed',
  };
}

/** A build fails in one test. Healthy: the same build passes, with its usual warnings. */
function maven(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const log = new Log();
  const begin = Date.UTC(2026, draw.int(0, 10), draw.int(1, 28), draw.int(1, 20));
  let at = begin;
  const say = (text: string, tag?: 'proof' | 'effect'): void => {
    at += draw.int(2, 90);
    log.add(at, text, tag);
  };
  const pack = `com.${world.domain.split('.')[0]}`;
  const modules = [`${world.service}-api`, `${world.service}-core`, `${world.service}-web`];
  say('[INFO] Scanning for projects...');
  for (const [index, module] of modules.entries()) {
    say(`[INFO] -----------------------< ${pack}:${module} >-----------------------`);
    say(`[INFO] Building ${module} 4.${draw.int(1, 20)}.0-SNAPSHOT [${index + 1}/3]`);
    for (let n = draw.int(30, 60); n > 0; n -= 1)
      say(
        `[INFO] Downloaded from central: https://repo.example.net/maven2/${draw.hex(4)}/lib${n}/${draw.int(1, 9)}.0/lib${n}.jar (${draw.int(10, 900)} kB at ${draw.int(1, 9)}.${draw.int(0, 9)} MB/s)`,
      );
    for (let n = draw.int(3, 9); n > 0; n -= 1)
      say(
        `[WARNING] /src/${module}/src/main/java/Thing${n}.java:[${draw.int(5, 90)},${draw.int(1, 60)}] getError() in ErrorCode has been deprecated`,
      );
    say('[INFO]  T E S T S');
    const bad = broken && index === 1;
    for (let n = 1; n <= 90; n += 1) {
      const name = `${pack}.${module.split('-')[1]}.Case${n}Test`;
      const count = draw.int(1, 20);
      const failing = bad && n === 61;
      say(`[INFO] Running ${name}`);
      if (!failing)
        say(
          `[INFO] Tests run: ${count}, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.${draw.int(100, 999)} s -- in ${name}`,
        );
      else {
        say(
          `[ERROR] Tests run: ${count}, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.512 s <<< FAILURE! -- in ${name}`,
          'proof',
        );
        say(
          `[ERROR] ${name}.roundsHalfUp -- Time elapsed: 0.003 s <<< FAILURE!\norg.opentest4j.AssertionFailedError: expected: <10.35> but was: <10.34>\n\tat org.junit.jupiter.api.AssertEquals.failNotEqual(AssertEquals.java:197)\n\tat ${name}.roundsHalfUp(Case${n}Test.java:44)`,
          'proof',
        );
      }
    }
    if (bad) {
      say('[INFO] Results:');
      say('[ERROR] Failures: ', 'effect');
      say(`[ERROR]   Case61Test.roundsHalfUp:44 expected: <10.35> but was: <10.34>`, 'proof');
      break;
    }
  }
  say('[INFO] Reactor Summary:');
  for (const [index, module] of modules.entries())
    say(
      `[INFO] ${module} ${'.'.repeat(30)} ${broken && index > 0 ? (index === 1 ? 'FAILURE' : 'SKIPPED') : 'SUCCESS'} [ ${draw.int(1, 9)}.201 s]`,
      broken && index > 0 ? 'effect' : undefined,
    );
  say(broken ? '[INFO] BUILD FAILURE' : '[INFO] BUILD SUCCESS', broken ? 'proof' : undefined);
  say(`[INFO] Total time:  ${draw.int(20, 59)}.4 s`);
  if (broken)
    say(
      `[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.2.5:test (default-test) on project ${modules[1]}: There are test failures.`,
      'proof',
    );
  return {
    kind: 'maven console',
    files: { 'build.log': log },
    culprit: [
      'build',
      'maven',
      modules[1]!,
      'core',
      'Case61Test',
      'test',
      'surefire',
      `${pack}.core.Case61Test`,
    ],
    problem: ['test|build|fail|assert|expected'],
    lines: ['FAILURE!', 'but was:', 'BUILD FAILURE', 'There are test failures'],
    services: ['build'],
    dated: false,
    note: broken ? 'one test fails' : 'the build passes, with deprecations',
  };
}

/** A Windows service whose partner sends nothing any more; told by zeros alone. Healthy: quieter, never silent. */
function windowsService(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [40, 60], 13);
  const log = new Log();
  const say = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%n/%D/%Y %I:%M:%S %p')} [${level}] ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 2.4)) {
    if (broken && at >= story.begin - 60_000) continue;
    say(
      at,
      'Information',
      `Message ${draw.hex(8)} from ${world.other.toUpperCase()} stored in ${draw.int(4, 60)} ms`,
    );
  }
  for (const at of rhythm(draw, story.from, story.to, 60)) {
    const silent = broken && at >= story.begin;
    say(
      at,
      'Information',
      `Heartbeat: ${silent ? 0 : draw.int(14, 36)} messages received in the last minute`,
      silent ? 'proof' : undefined,
    );
  }
  for (const at of moments(draw, story.from, story.to, 200))
    say(at, 'Warning', `Message ${draw.hex(8)} has no correlation id`);
  return {
    kind: 'log of a Windows service, 12-hour clock',
    files: { [`${world.service}Service.log`]: log },
    culprit: [world.service, `${world.service}Service`, world.other, 'Heartbeat'],
    problem: [
      'silent|stopp|no (more )?(messages?|lines|traffic)|\\b0 messages|missing|drop|fell|fewer|less|quiet|traffic|no longer|ceased|absen',
    ],
    lines: ['Heartbeat: 0 messages'],
    services: [`${world.service}Service`],
    note: broken ? 'nothing arrives any more; not one error' : 'a steady stream, single warnings',
  };
}

/** Three services: the gateway is loud, the cause is the name server. Healthy: single 502s. */
function folder(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.4], [8, 15]);
  const [gateway, service, dns] = [new Log(), new Log(), new Log()];
  const requests = new Requests();
  for (const at of moments(draw, story.from, story.to, 1.3)) {
    const call = nextCall(draw, world);
    const failed = broken && story.on(at) && call.path.startsWith(`/api/${world.thing}`) && draw.chance(0.85);
    const status = failed ? 502 : draw.chance(0.002) ? 502 : call.status;
    const ms = failed ? draw.int(5000, 5040) : Math.round(draw.around(40, 15));
    gateway.add(
      at,
      JSON.stringify({
        ts: iso(at),
        level: status >= 500 ? 'error' : 'info',
        logger: 'gateway',
        method: call.method,
        path: call.path,
        status,
        elapsed_ms: ms,
      }),
      failed ? 'effect' : undefined,
    );
    requests.see(status, call.endpoint, ms);
    if (call.path.startsWith(`/api/${world.thing}`)) {
      const text = failed
        ? `WARN  no answer from store.${world.domain} within 5000 ms`
        : `INFO  read ${draw.int(1, 40)} ${world.thing} from store.${world.domain}`;
      service.add(at + 2, `${stamp(at + 2, '%Y-%m-%dT%H:%M:%S.%L')}Z ${text}`, failed ? 'effect' : undefined);
    }
    if (draw.chance(0.3) || failed) {
      const query = `"A IN ${failed ? `store.${world.domain}` : draw.pick([`store.${world.domain}`, `mail.${world.domain}`])}. udp 45 false 512"`;
      const client = `${draw.ip()}:${draw.int(30_000, 60_000)} - ${draw.int(1000, 60_000)}`;
      if (failed && draw.chance(0.5))
        dns.add(
          at + 1,
          `${iso(at + 1)} [ERROR] plugin/errors: 2 store.${world.domain}. A: read udp 10.4.0.9:${draw.int(30_000, 60_000)}->10.0.0.2:53: i/o timeout`,
          'proof',
        );
      else if (!failed)
        dns.add(
          at + 1,
          `${iso(at + 1)} [INFO] ${client} ${query} NOERROR qr,rd,ra 120 0.00${draw.int(100, 999)}s`,
        );
    }
  }
  return {
    kind: 'folder of three services',
    files: { 'gateway.log': gateway, [`${world.service}.log`]: service, 'coredns.log': dns },
    culprit: [
      'coredns',
      'dns',
      '10.0.0.2',
      '10.0.0.2:53',
      `store.${world.domain}`,
      'plugin/errors',
      'errors',
    ],
    problem: ['dns|timeout|timed out|resol|udp|name'],
    lines: ['plugin/errors'],
    services: ['gateway', world.service, 'coredns'],
    requests,
    note: broken ? 'the name server gets no answer; the gateway is loud' : 'single 502s',
  };
}

/** An application over days, with its nights, its batch and its weekend. */
function season(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const DAY = 86_400_000;
  const from = Date.UTC(2026, draw.int(0, 10), draw.int(1, 20));
  const to = from + 5 * DAY;
  const log = new Log();
  const line = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%Y-%m-%d %H:%M:%S.%L')} ${level} ${world.service}: ${text}`, tag);
  const begin = to - 9 * 3_600_000;
  for (let at = from; at < to; at += Math.round(-Math.log(1 - draw.next()) * 60_000)) {
    const hour = new Date(at).getUTCHours();
    if (draw.chance(hour < 6 ? 0.06 : hour < 8 || hour > 20 ? 0.4 : 1)) {
      line(at, 'INFO', `booked ${world.thing.slice(0, -1)} ${draw.int(10_000, 99_999)}`);
      if (draw.chance(0.02))
        line(at + 40, 'WARN', `rounding difference of 0.01 on ${draw.int(10_000, 99_999)}`);
    }
    if (broken && at > begin && at < begin + 2_400_000)
      for (const more of [1, 2, 3])
        line(
          at + more * 3000,
          'ERROR',
          `could not book ${world.thing.slice(0, -1)} ${draw.int(10_000, 99_999)}: ${world.other} answered 503`,
          'proof',
        );
  }
  for (let day = 0; day < 5; day += 1) {
    const at = from + day * DAY + 2 * 3_600_000;
    for (let n = 0; n < 400; n += 1)
      line(
        at + n * 700 + draw.int(0, 400),
        'INFO',
        `archived ${world.thing.slice(0, -1)} ${draw.int(10_000, 99_999)}`,
      );
    line(at + 300_000, 'INFO', 'archive run finished, 400 moved');
  }
  return {
    kind: 'application over five days',
    files: { [`${world.service}.log`]: log },
    culprit: [world.service, world.other],
    problem: ['could not book|503|unavailable|5xx|server error|book'],
    lines: ['could not book'],
    services: [world.service],
    note: broken ? 'bookings fail on the last day' : 'quiet nights, a batch at two',
  };
}

export const OTHERS: Family[] = [
  { name: 'gelf', make: gelf },
  { name: 'maven', make: maven },
  { name: 'windows-service', make: windowsService },
  { name: 'folder-dns', make: folder },
  { name: 'season', make: season },
];
