// Web servers and proxies that write a line for each request.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, tell } from '../draw.ts';
import { createWorld, nextCall } from '../names.ts';
import { stamp } from '../stamp.ts';

/** All servers of one backend go down: 503 without a server. Healthy: a rolling restart, one server at a time. */
function haproxy(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [8, 20]);
  const log = new Log();
  const requests = new Requests();
  const pid = draw.int(900, 9000);
  const say = (at: number, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${stamp(at, '%b %e %H:%M:%S')} ${world.host} haproxy[${pid}]: ${text}`, tag);
  const backend = `be_${world.thing}`;
  for (const at of moments(draw, story.from, story.to, 0.8)) {
    const call = nextCall(draw, world);
    const hit = call.path.includes(world.thing);
    const down = broken && hit && story.on(at);
    const status = down ? 503 : draw.chance(0.001) ? 500 : call.status;
    const active = down ? 0 : Math.round(draw.around(45, 18));
    const server = down ? '<NOSRV>' : `${world.service}-${draw.int(1, 3)}`;
    const timers = down ? '0/-1/-1/-1/0' : `0/0/1/${active}/${active + 2}`;
    say(
      at,
      `${draw.ip('203.0')}:${draw.int(20000, 60000)} [${stamp(at, '%d/%b/%Y:%H:%M:%S.%L')}] fe_https~ ${hit ? backend : 'be_web'}/${server} ${timers} ${status} ${draw.int(180, 9000)} - - ${down ? 'SC--' : '----'} ${draw.int(3, 40)}/${draw.int(3, 40)}/${draw.int(0, 9)}/0/0 0/0 "${call.method} ${call.path} HTTP/1.1"`,
      down ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint, down ? 0 : active + 2);
  }
  for (const server of [1, 2, 3]) {
    const name = `${backend}/${world.service}-${server}`;
    const down = broken ? story.begin - (4 - server) * 1500 : story.begin + server * 180_000;
    say(
      down,
      `Server ${name} is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms. ${3 - server} active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`,
      broken ? 'proof' : undefined,
    );
    const up = broken ? story.end + server * 800 : down + 14_000;
    if (up < story.to)
      say(
        up,
        `Server ${name} is UP, reason: Layer7 check passed, code: 200, check duration: 3ms. ${server} active and 0 backup servers online. 0 sessions requeued, 0 total in queue.`,
      );
  }
  if (broken) say(story.begin, `backend ${backend} has no server available!`, 'proof');
  return {
    kind: 'haproxy http log in syslog',
    files: { 'haproxy.log': log },
    culprit: [
      'haproxy',
      backend,
      world.service,
      world.host,
      ...[1, 2, 3].flatMap((n) => [`${world.service}-${n}`, `${backend}/${world.service}-${n}`]),
      world.thing,
      `/api/${world.thing}`,
    ],
    problem: ['503|5xx|no server|down|unavailable|refused|unreachable|connection problem|server error'],
    lines: ['<NOSRV>', 'no server available', 'is DOWN'],
    services: ['haproxy'],
    requests,
    yearless: true,
    note: broken ? 'all servers of a backend go down' : 'a rolling restart, one server at a time',
  };
}

/** One route gets slower and slower, all answers 200. Healthy: crawlers, and an evening that quiets down. */
function apache(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2.5, 3], [25, 40]);
  const log = new Log();
  const requests = new Requests();
  let at = story.from;
  while (at < story.to) {
    const quiet = broken ? 1 : 1 + (4 * (at - story.from)) / (story.to - story.from);
    at += Math.round(-Math.log(1 - draw.next()) * 1100 * quiet);
    if (at >= story.to) break;
    const call = nextCall(draw, world);
    const slow = broken && story.on(at) && call.endpoint === `GET /api/${world.thing}`;
    const status = draw.chance(0.0008) ? 500 : call.status;
    const rise = slow ? Math.min(1, (at - story.begin) / 300_000) : 0;
    const micros = Math.round(
      draw.around(60_000, 22_000) + (slow ? 1_000_000 + rise * draw.between(1.5e6, 6e6) : 0),
    );
    log.add(
      at,
      `${draw.ip('198.51')} - - [${stamp(at, '%d/%b/%Y:%H:%M:%S')} +0000] "${call.method} ${call.path} HTTP/1.1" ${status} ${draw.int(200, 24_000)} "-" "${call.agent}" ${micros}`,
      slow ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint, micros / 1000);
  }
  return {
    kind: 'apache combined with %D (microseconds)',
    files: { 'access.log': log },
    culprit: [
      'access',
      'apache',
      'apache2',
      'httpd',
      world.thing,
      `/api/${world.thing}`,
      `GET /api/${world.thing}`,
    ],
    problem: ['slow|latency|response time|duration|took|\\bms\\b|seconds'],
    lines: ['" \\d{3} \\d+ "-" "[^"]*" \\d{7,}$'],
    services: ['access'],
    requests,
    note: broken ? 'one route slows down, no error at all' : 'the evening quiets down; crawlers find nothing',
  };
}

export const PROXIES: Family[] = [
  { name: 'haproxy', make: haproxy },
  { name: 'apache-d', make: apache },
];
