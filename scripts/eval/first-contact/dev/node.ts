// JSON lines of Node programs.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { addresses, createWorld, nextCall } from '../names.ts';
import { iso } from '../stamp.ts';

/** Every call to another service is tried again and given up, told at level info. Healthy: retries that succeed. */
function pino(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.6], [10, 20]);
  const log = new Log();
  const requests = new Requests();
  const [pid, host] = [draw.int(10, 90), `${world.service}-${draw.hex(5)}`];
  const say = (at: number, more: object, msg: string, tag?: 'proof'): void =>
    log.add(
      at,
      JSON.stringify({ level: 30, time: at, pid, hostname: host, name: world.service, ...more, msg }),
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 1.6)) {
    const call = nextCall(draw, world);
    const ms = Math.round(draw.around(35, 14) * 10) / 10;
    const status = draw.chance(0.001) ? 500 : call.status;
    say(
      at,
      {
        req: { id: draw.hex(8), method: call.method, url: call.path },
        res: { statusCode: status },
        responseTime: ms,
      },
      'request completed',
    );
    requests.see(status, call.endpoint, ms);
    if (draw.chance(0.02)) {
      say(at + 5, { peer: world.other, attempt: 1 }, `call to ${world.other} did not answer, trying again`);
      say(at + 260, { peer: world.other, attempt: 2 }, `call to ${world.other} succeeded`);
    }
  }
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 3)) {
      for (const attempt of [1, 2, 3])
        say(
          at + attempt * 400,
          { peer: world.other, attempt },
          `call to ${world.other} did not answer, trying again`,
        );
      say(
        at + 1700,
        { peer: world.other, attempt: 4, reason: `connect EHOSTUNREACH 10.6.0.${draw.int(2, 9)}:8443` },
        `giving up on ${world.other} after 4 attempts, ${world.thing} stay unconfirmed`,
        'proof',
      );
    }
  return {
    kind: 'pino json',
    files: { [`${world.service}.json`]: log },
    culprit: [world.service, world.other, host, ...addresses('10.6.0', 8443)],
    problem: [
      'giving up|gave up|unreachable|EHOSTUNREACH|did not answer|retr|attempts|connect|no answer|timeout',
    ],
    lines: ['giving up on', 'EHOSTUNREACH'],
    services: [world.service],
    requests,
    note: broken ? 'retries that all fail, told at level info' : 'single retries that succeed',
  };
}

/** An outbox grows and nobody drains it. Healthy: it fills and drains again. */
function winston(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [30, 50]);
  const log = new Log();
  const say = (at: number, level: string, message: string, more: object = {}, tag?: 'proof'): void =>
    log.add(at, JSON.stringify({ level, message, service: world.service, ...more, timestamp: iso(at) }), tag);
  for (const at of moments(draw, story.from, story.to, 3))
    say(at, 'info', `accepted ${world.thing.slice(0, -1)}`, { id: draw.hex(12), bytes: draw.int(200, 4000) });
  let pending = draw.int(5, 30);
  for (const at of rhythm(draw, story.from, story.to, 10)) {
    const stuck = broken && at >= story.begin;
    pending = stuck ? pending + draw.int(20, 60) : Math.max(3, Math.min(95, pending + draw.int(-14, 14)));
    const grown = stuck && pending > 400;
    say(
      at,
      'info',
      'outbox state',
      { pending, oldest_s: stuck ? Math.round((at - story.begin) / 1000) : draw.int(0, 9) },
      grown ? 'proof' : undefined,
    );
    if (!stuck || draw.chance(0.2)) say(at + 400, 'debug', `drained ${draw.int(1, 40)} of outbox`);
    if (grown && pending > 2500 && draw.chance(0.15))
      say(at + 500, 'warn', 'outbox is above its high-water mark', { pending, limit: 2500 }, 'proof');
    if (draw.chance(0.03))
      say(at + 700, 'warn', 'slow consumer detached', { consumer: `c-${draw.int(1, 9)}` });
  }
  return {
    kind: 'winston json',
    files: { 'app.log': log },
    culprit: [world.service, 'app', 'outbox'],
    problem: ['pending|outbox|queue|backlog|high-water|grow|oldest'],
    lines: ['"pending":([4-9]\\d\\d|\\d{4,})', 'high-water'],
    services: [world.service],
    note: broken ? 'an outbox that nobody drains' : 'an outbox that fills and drains; single warnings',
  };
}

export const NODE: Family[] = [
  { name: 'pino', make: pino },
  { name: 'winston', make: winston },
];
