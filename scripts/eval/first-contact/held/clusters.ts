// Stores that agree among several, held-out group.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { iso, stamp } from '../stamp.ts';

/** The disk is slow, everything takes too long, told as warnings. Healthy: a compaction each five minutes. */
function etcd(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [12, 25]);
  const log = new Log();
  const say = (
    at: number,
    level: string,
    caller: string,
    msg: string,
    more: object = {},
    tag?: 'proof',
  ): void => log.add(at, JSON.stringify({ level, ts: iso(at), caller, msg, ...more }), tag);
  for (const at of moments(draw, story.from, story.to, 4))
    say(at, 'info', 'etcdserver/server.go:2029', 'saved snapshot', { 'snapshot-index': draw.int(1e6, 9e6) });
  for (const at of rhythm(draw, story.from, story.to, 30)) {
    say(at, 'info', 'mvcc/index.go:214', 'compact tree index', { revision: draw.int(1e6, 9e6) });
    say(at + 60, 'info', 'mvcc/kvstore_compaction.go:66', 'finished scheduled compaction', {
      took: `${draw.int(10, 90)}.${draw.int(10, 99)}ms`,
    });
  }
  for (const at of moments(draw, story.from, story.to, 300))
    say(at, 'warn', 'embed/config_logging.go:160', 'rejected connection', {
      'remote-addr': `${draw.ip()}:${draw.int(30_000, 60_000)}`,
      error: 'EOF',
    });
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 3)) {
      say(
        at,
        'warn',
        'wal/wal.go:802',
        'slow fdatasync',
        { took: `${draw.int(1, 4)}.${draw.int(100, 999)}s`, 'expected-duration': '1s' },
        'proof',
      );
      say(
        at + 20,
        'warn',
        'etcdserver/util.go:170',
        'apply request took too long',
        {
          took: `${draw.int(1, 4)}.${draw.int(100, 999)}s`,
          'expected-duration': '100ms',
          prefix: 'read-only range ',
          request: `key:"/registry/${world.thing}/" `,
        },
        'proof',
      );
    }
  return {
    kind: 'etcd json',
    files: { 'etcd.log': log },
    culprit: ['etcd', 'wal', 'etcdserver', 'wal/wal.go', 'etcdserver/util.go'],
    problem: ['slow|took too long|fdatasync|disk|latency|duration'],
    lines: ['slow fdatasync', 'took too long'],
    services: ['etcd'],
    note: broken ? 'the disk is slow' : 'compactions; single connections that end',
  };
}

/** The majority is lost: no leader. Healthy: a member leaves and joins again. */
function consul(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [8, 20]);
  const log = new Log();
  const say = (at: number, level: string, who: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${iso(at)} [${level}]  ${who}: ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 3.5))
    draw.weigh([
      [() => say(at, 'INFO', 'agent', `Synced service: service=${world.service}-${draw.int(1, 9)}`), 5],
      [() => say(at, 'INFO', 'agent', `Synced check: check=service:${world.other}-${draw.int(1, 9)}`), 5],
      [
        () =>
          say(at, 'WARN', 'agent', `Check is now critical: check=service:${world.other}-${draw.int(1, 9)}`),
        0.1,
      ],
    ])();
  if (broken) {
    say(
      story.begin,
      'WARN',
      'agent.server.raft',
      'failed to contact quorum of nodes, stepping down',
      'proof',
    );
    for (const at of moments(draw, story.begin + 500, story.end, 6)) {
      say(
        at,
        'WARN',
        'agent.server.raft',
        `Election timeout reached, restarting election: term=${draw.int(40, 90)}`,
        'proof',
      );
      if (draw.chance(0.7))
        say(at + 900, 'ERROR', 'agent', 'Coordinate update error: error="No cluster leader"', 'proof');
    }
  } else {
    say(story.begin, 'INFO', 'agent.server.serf.lan', `serf: EventMemberLeave: ${world.host}-c 10.5.0.7`);
    say(
      story.begin + 45_000,
      'INFO',
      'agent.server.serf.lan',
      `serf: EventMemberJoin: ${world.host}-c 10.5.0.7`,
    );
  }
  return {
    kind: 'consul',
    files: { 'consul.log': log },
    culprit: ['consul', 'agent', 'agent.server.raft', 'raft', 'agent.server', 'server'],
    problem: ['quorum|election|leader|raft|step'],
    lines: ['quorum of nodes', 'Election timeout', 'No cluster leader'],
    services: ['consul'],
    note: broken ? 'the majority is lost' : 'a member leaves and joins again',
  };
}

/** A scrub finds damaged objects: two lines. Healthy: scrubs that are ok, slow operations now and then. */
function ceph(draw: Draw, broken: boolean): Draft {
  const story = tell(draw, [2, 3], [2, 4]);
  const log = new Log();
  const osd = draw.int(0, 30);
  const say = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(
      at,
      `${stamp(at, '%Y-%m-%dT%H:%M:%S.%L')}+0000 7f${draw.hex(10)} ${level === 'ERR' ? '-1' : ' 0'} log_channel(cluster) log [${level}] : ${text}`,
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 6)) {
    const pg = `${draw.int(1, 9)}.${draw.hex(2)}`;
    const kind = draw.pick(['scrub', 'deep-scrub']);
    say(at, 'DBG', `${pg} ${kind} starts`);
    say(at + draw.int(900, 5000), 'DBG', `${pg} ${kind} ok`);
    if (draw.chance(0.02))
      say(at + 300, 'WRN', `1 slow requests (by type [ 'delayed' : 1 ] most affected pool [ 'data' : 1 ])`);
  }
  if (broken) {
    const pg = `3.${draw.hex(2)}`;
    say(
      story.begin,
      'ERR',
      `${pg} shard ${osd} soid 3:${draw.hex(8)}:::object${draw.int(10, 99)}:head : data_digest 0x${draw.hex(8)} != data_digest 0x${draw.hex(8)} from auth oi`,
      'proof',
    );
    say(story.begin + 400, 'ERR', `${pg} deep-scrub 0 missing, 1 inconsistent objects`, 'proof');
  }
  return {
    kind: 'a storage daemon',
    files: { [`ceph-osd.${osd}.log`]: log },
    culprit: [`ceph-osd.${osd}`, 'ceph', 'ceph-osd', `osd.${osd}`, 'log_channel(cluster)', 'cluster'],
    problem: ['inconsistent|digest|scrub|corrupt|damage|checksum|missing'],
    lines: ['data_digest', 'inconsistent objects'],
    services: [`ceph-osd.${osd}`],
    note: broken ? 'a scrub finds a damaged object: two lines' : 'scrubs that are ok; single slow requests',
  };
}

export const CLUSTERS: Family[] = [
  { name: 'etcd', make: etcd },
  { name: 'consul', make: consul },
  { name: 'ceph', make: ceph },
];
