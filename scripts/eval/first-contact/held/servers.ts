// A database's alert log, an application server, a cloud's balancer, held-out group.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, tell } from '../draw.ts';
import { createWorld, nextCall } from '../names.ts';
import { stamp } from '../stamp.ts';

/** The archiver is stuck; times stand on lines of their own. Healthy: switches of logs. */
function oracle(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [10, 25]);
  const log = new Log();
  const say = (at: number, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}+00:00\n${text}`, tag);
  let sequence = draw.int(1000, 9000);
  for (const at of moments(draw, story.from, story.to, 9)) {
    if (broken && story.on(at)) continue;
    sequence += 1;
    say(
      at,
      `Thread 1 advanced to log sequence ${sequence} (LGWR switch)\n  Current log# ${(sequence % 3) + 1} seq# ${sequence} mem# 0: /u01/oradata/${world.database}/redo0${(sequence % 3) + 1}.log`,
    );
    if (draw.chance(0.3))
      say(
        at + 1500,
        `ARC${draw.int(0, 3)} (PID:${draw.int(900, 9000)}): Archived Log entry ${sequence - 100} added for T-1.S-${sequence - 1}`,
      );
    if (draw.chance(0.04))
      say(
        at + 2500,
        `Fatal NI connect error 12170.\n  TNS-12535: TNS:operation timed out\n  Client address: (ADDRESS=(PROTOCOL=tcp)(HOST=${draw.ip()})(PORT=${draw.int(30_000, 60_000)}))`,
      );
  }
  if (broken)
    for (const at of [story.begin, ...moments(draw, story.begin, story.end, 20)]) {
      say(
        at,
        `ORA-19809: limit exceeded for recovery files\nORA-19804: cannot reclaim ${draw.int(50e6, 90e6)} bytes disk space from 107374182400 bytes limit`,
        'proof',
      );
      if (draw.chance(0.5))
        say(at + 900, `ORACLE Instance ${world.database}, archival error, archiver continuing`, 'proof');
    }
  return {
    kind: 'oracle alert log',
    files: { [`alert_${world.database}.log`]: log },
    culprit: [`alert_${world.database}`, 'oracle', world.database],
    problem: ['limit|space|disk|archiv|ORA-198|full|recovery'],
    lines: ['ORA-198', 'archival error'],
    services: [`alert_${world.database}`],
    note: broken ? 'no room for archived logs' : 'switches of logs; clients that time out',
  };
}

/** One page slows down, no error. Healthy: a worker replaced, single 500s. */
function uwsgi(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [20, 35]);
  const log = new Log();
  const requests = new Requests();
  let count = 0;
  for (const at of moments(draw, story.from, story.to, 1.2)) {
    count += 1;
    const call = nextCall(draw, world);
    const slow = broken && story.on(at) && call.endpoint === `GET /api/${world.thing}`;
    const status = draw.chance(0.001) ? 500 : call.status;
    const ms = slow ? draw.int(2500, 9000) : Math.round(draw.around(55, 20));
    log.add(
      at,
      `[pid: ${draw.int(12, 19)}|app: 0|req: ${Math.ceil(count / 8)}/${count}] ${draw.ip()} () {${draw.int(34, 44)} vars in ${draw.int(500, 900)} bytes} [${stamp(at, '%b %e %H:%M:%S %Y')}] ${call.method} ${call.path} => generated ${draw.int(20, 9000)} bytes in ${ms} msecs (HTTP/1.1 ${status}) 4 headers in 130 bytes (1 switches on core 0)`.replace(
        '} [',
        `} [${['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(at).getUTCDay()]} `,
      ),
      slow ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint, ms);
  }
  return {
    kind: 'uwsgi',
    files: { 'uwsgi.log': log },
    culprit: ['uwsgi', world.thing, `/api/${world.thing}`, `GET /api/${world.thing}`],
    problem: ['slow|latency|response time|duration|took|\\bm?secs?\\b|\\bms\\b|seconds'],
    lines: ['bytes in \\d{4,} msecs'],
    services: ['uwsgi'],
    requests,
    note: broken ? 'one page slows down, no error at all' : 'single 500s',
  };
}

/** One target answers too late: 504. Healthy: single 502s. */
function balancer(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 1.8], [10, 20]);
  const log = new Log();
  const requests = new Requests();
  const targets = [1, 2, 3].map((n) => `10.3.${n}.${draw.int(2, 250)}:8080`);
  const group = `arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/${world.service}/${draw.hex(16)}`;
  for (const at of moments(draw, story.from, story.to, 1)) {
    const call = nextCall(draw, world);
    const target = draw.pick(targets);
    const late = broken && target === targets[1] && story.on(at);
    const single = !late && draw.chance(0.001);
    const status = late ? 504 : single ? 502 : call.status;
    const seconds = late ? -1 : Math.round(draw.around(45, 16)) / 1000;
    log.add(
      at,
      `https ${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}Z app/${world.service}-lb/${draw.hex(16)} ${draw.ip('203.0')}:${draw.int(20_000, 60_000)} ${target} ${late ? '0.000 -1 -1' : `0.000 ${seconds.toFixed(3)} 0.000`} ${status} ${late || single ? '-' : status} ${draw.int(100, 900)} ${draw.int(100, 9000)} "${call.method} https://shop.${world.domain}:443${call.path} HTTP/1.1" "${call.agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ${group} "Root=1-${draw.hex(8)}-${draw.hex(24)}" "shop.${world.domain}" "-" 0 ${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}Z "forward" "-" "-" "${target}" "${late || single ? '-' : status}" "-" "-"`,
      late ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint);
  }
  return {
    kind: 'access log of a cloud balancer',
    files: { 'balancer.log': log },
    culprit: [
      'balancer',
      world.service,
      `${world.service}-lb`,
      `app/${world.service}-lb`,
      targets[1]!,
      targets[1]!.split(':')[0]!,
      `shop.${world.domain}`,
    ],
    problem: ['504|5xx|gateway time|timeout|timed out|server error'],
    lines: [' -1 -1 504 '],
    services: ['balancer'],
    requests,
    note: broken ? 'one target of three answers too late' : 'single 502s',
  };
}

export const SERVERS: Family[] = [
  { name: 'oracle-alert', make: oracle },
  { name: 'uwsgi', make: uwsgi },
  { name: 'balancer', make: balancer },
];
