// Data stores and a broker.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** Snapshots fail, the disk is full. Healthy: snapshots, and one resynchronisation. */
function redis(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [15, 30]);
  const log = new Log();
  const pid = draw.int(1, 4000);
  const say = (at: number, who: string, mark: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${who} ${stamp(at, '%d %b %Y %H:%M:%S.%L')} ${mark} ${text}`, tag);
  const master = `${pid}:M`;
  for (const at of rhythm(draw, story.from, story.to, 20)) {
    const full = broken && story.on(at);
    const child = `${pid + draw.int(1, 9000)}:C`;
    say(at, master, '*', `${draw.int(100, 9000)} changes in 60 seconds. Saving...`);
    say(at + 4, master, '*', `Background saving started by pid ${Number.parseInt(child, 10)}`);
    if (full) {
      say(
        at + 300,
        child,
        '#',
        'Write error while saving DB to the disk(rdbSaveRio): No space left on device',
        'proof',
      );
      say(at + 400, master, '#', 'Background saving error', 'proof');
    } else {
      say(at + 300, child, '*', 'DB saved on disk');
      say(
        at + 301,
        child,
        '*',
        `Fork CoW for RDB: current ${draw.int(1, 9)} MB, peak ${draw.int(1, 9)} MB, average ${draw.int(0, 5)} MB`,
      );
      say(at + 400, master, '*', 'Background saving terminated with success');
    }
  }
  for (const at of moments(draw, story.from, story.to, 900))
    say(
      at,
      master,
      '-',
      `Client closed connection id=${draw.int(10, 9000)} addr=${draw.ip()}:${draw.int(30000, 60000)}`,
    );
  const replica = `10.4.0.${draw.int(2, 99)}:6379`;
  const resync = story.from + draw.int(300, 1500) * 1000;
  say(resync, master, '#', `Connection with replica ${replica} lost.`);
  say(resync + 900, master, '*', `Replica ${replica} asks for synchronization`);
  say(
    resync + 901,
    master,
    '*',
    `Partial resynchronization request from ${replica} accepted. Sending ${draw.int(100, 9000)} bytes of backlog starting from offset ${draw.int(1e6, 9e6)}.`,
  );
  return {
    kind: 'redis-server',
    files: { 'redis.log': log },
    culprit: ['redis', 'redis-server', world.host],
    problem: ['space|disk|save|saving|write error|enospc|full'],
    lines: ['No space left', 'Background saving error'],
    services: ['redis'],
    note: broken ? 'snapshots fail, the disk is full' : 'snapshots; one replica comes back at once',
  };
}

/** A member of the replica set is gone; all of it told at level I. Healthy: slow queries at a steady rate. */
function mongod(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [10, 25]);
  const log = new Log();
  const say = (
    at: number,
    c: string,
    id: number,
    ctx: string,
    msg: string,
    attr: object,
    tag?: 'proof',
  ): void =>
    log.add(
      at,
      JSON.stringify({
        t: { $date: new Date(at).toISOString().replace('Z', '+00:00') },
        s: 'I',
        c,
        id,
        ctx,
        msg,
        attr,
      }),
      tag,
    );
  let connections = draw.int(20, 60);
  for (const at of moments(draw, story.from, story.to, 2.2)) {
    const remote = `${draw.ip()}:${draw.int(30_000, 60_000)}`;
    const number = draw.int(100, 9999);
    if (draw.chance(0.5))
      say(at, 'NETWORK', 22943, 'listener', 'Connection accepted', {
        remote,
        connectionId: number,
        connectionCount: ++connections,
      });
    else
      say(at, 'NETWORK', 22944, `conn${number}`, 'Connection ended', {
        remote,
        connectionId: number,
        connectionCount: connections > 10 ? --connections : connections,
      });
    if (draw.chance(0.08))
      say(at + 30, 'COMMAND', 51803, `conn${number}`, 'Slow query', {
        type: 'command',
        ns: `${world.database}.${world.thing}`,
        command: { find: world.thing, filter: { customer: draw.int(1, 9999) } },
        planSummary: 'COLLSCAN',
        docsExamined: draw.int(10_000, 90_000),
        durationMillis: draw.int(101, 260),
      });
  }
  for (const at of rhythm(draw, story.from, story.to, 60))
    say(at, 'STORAGE', 22430, 'Checkpointer', 'WiredTiger message', {
      message: {
        msg: `saving checkpoint snapshot min: ${draw.int(100, 9000)}, snapshot max: ${draw.int(100, 9000)}`,
      },
    });
  const peer = `${world.host}-b.${world.domain}:27017`;
  if (broken)
    for (const at of rhythm(draw, story.begin, story.end, 12)) {
      say(
        at,
        'REPL_HB',
        23974,
        `ReplCoord-${draw.int(1, 30)}`,
        'Heartbeat failed after max retries',
        {
          target: peer,
          maxHeartbeatRetries: 2,
          error: {
            code: 6,
            codeName: 'HostUnreachable',
            errmsg: `Error connecting to ${peer} (10.4.3.7:27017) :: caused by :: Connection refused`,
          },
        },
        'proof',
      );
      if (at < story.begin + 2000)
        say(
          at + 20,
          'REPL',
          21216,
          'ReplCoord-3',
          'Member is now in state DOWN',
          { hostAndPort: peer, heartbeatMessage: 'Connection refused' },
          'proof',
        );
    }
  return {
    kind: 'mongod json',
    files: { 'mongod.log': log },
    culprit: [
      'mongod',
      'mongodb',
      'REPL',
      'REPL_HB',
      '10.4.3.7',
      '10.4.3.7:27017',
      peer,
      world.host,
      `${world.host}-b`,
    ],
    problem: ['heartbeat|replica|member|down|unreachable|refused|connect'],
    lines: ['Heartbeat failed', 'state DOWN'],
    services: ['mongod'],
    note: broken
      ? 'a member of the replica set is gone; all lines are level I'
      : 'slow queries at a steady rate',
  };
}

/** The broker blocks its publishers. Healthy: clients that close without a word. */
function rabbitmq(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [20, 40]);
  const log = new Log();
  const say = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(
      at,
      `${stamp(at, '%Y-%m-%d %H:%M:%S.%f')}+00:00 [${level}] <0.${draw.int(200, 9999)}.0> ${text}`,
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 4.5)) {
    const peer = `${draw.ip()}:${draw.int(30_000, 60_000)} -> 10.4.0.2:5672`;
    const user = `vhost: '/', user: '${draw.pick([world.service, world.other])}'`;
    say(at, 'info', `accepting AMQP connection <0.${draw.int(1000, 9999)}.0> (${peer})`);
    say(
      at + 8,
      'info',
      `connection <0.${draw.int(1000, 9999)}.0> (${peer}): user '${world.service}' authenticated and granted access to vhost '/'`,
    );
    if (draw.chance(0.06))
      say(
        at + 700,
        'warning',
        `closing AMQP connection <0.${draw.int(1000, 9999)}.0> (${peer}, ${user}):\nclient unexpectedly closed TCP connection`,
      );
    else say(at + 900, 'info', `closing AMQP connection <0.${draw.int(1000, 9999)}.0> (${peer}, ${user})`);
  }
  if (broken) {
    const node = `'rabbit@${world.host}'`;
    say(
      story.begin,
      'info',
      `Free disk space is insufficient. Free bytes: ${draw.int(30e6, 49e6)}. Limit: 50000000`,
      'proof',
    );
    say(
      story.begin + 1,
      'warning',
      `disk resource limit alarm set on node ${node}.\n\n**********************************************************\n*** Publishers will be blocked until this alarm clears ***\n**********************************************************\n`,
      'proof',
    );
    if (story.end < story.to) {
      say(
        story.end,
        'info',
        `Free disk space is sufficient. Free bytes: ${draw.int(60e6, 99e6)}. Limit: 50000000`,
      );
      say(story.end + 1, 'warning', `disk resource limit alarm cleared on node ${node}`);
    }
  }
  return {
    kind: 'rabbitmq',
    files: { 'rabbit.log': log },
    culprit: ['rabbit', 'rabbitmq', world.host, `rabbit@${world.host}`],
    problem: ['disk|space|alarm|block'],
    lines: ['alarm set on node', 'space is insufficient'],
    services: ['rabbit'],
    note: broken ? 'a disk alarm blocks all publishers: two lines' : 'clients that close without a word',
  };
}

export const STORES: Family[] = [
  { name: 'redis', make: redis },
  { name: 'mongod', make: mongod },
  { name: 'rabbitmq', make: rabbitmq },
];
