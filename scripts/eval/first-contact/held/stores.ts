// Search, streams, databases of the held-out group.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** The disk passes its flood stage, indices become read-only. Healthy: collections of garbage told as usual. */
function elasticsearch(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [12, 25]);
  const log = new Log();
  const node = `${world.host}-es`;
  const say = (at: number, level: string, name: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(
      at,
      `[${stamp(at, '%Y-%m-%dT%H:%M:%S,%L')}][${level.padEnd(5)}][${name.padEnd(25)}] [${node}] ${text}`,
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 3))
    draw.weigh([
      [
        () =>
          say(
            at,
            'INFO',
            'o.e.c.m.MetadataMappingService',
            `[${world.thing}-${stamp(at, '%Y.%m.%d')}/${draw.hex(10)}] update_mapping [_doc]`,
          ),
        5,
      ],
      [
        () =>
          say(
            at,
            'INFO',
            'o.e.m.j.JvmGcMonitorService',
            `[gc][${draw.int(1000, 90_000)}] overhead, spent [${draw.int(250, 330)}ms] collecting in the last [1s]`,
          ),
        2,
      ],
      [
        () =>
          say(
            at,
            'INFO',
            'o.e.c.r.a.AllocationService',
            `current.health="GREEN" message="Cluster health status changed from [YELLOW] to [GREEN] (reason: [shards started [[${world.thing}-${stamp(at, '%Y.%m.%d')}][0]]])."`,
          ),
        1,
      ],
      [
        () =>
          say(
            at,
            'WARN',
            'o.e.x.m.e.l.LocalExporter',
            'unexpected monitoring template version, will be replaced',
          ),
        0.1,
      ],
    ])();
  if (broken)
    for (const at of rhythm(draw, story.begin, story.end, 30)) {
      say(
        at,
        'WARN',
        'o.e.c.r.a.DiskThresholdMonitor',
        `flood stage disk watermark [95%] exceeded on [${draw.hex(12)}][${node}][/var/lib/elasticsearch] free: ${draw.int(1, 4)}.${draw.int(0, 9)}gb[${draw.int(2, 4)}.${draw.int(0, 9)}%], all indices on this node will be marked read-only`,
        'proof',
      );
      if (draw.chance(0.6))
        say(
          at + 4000,
          'ERROR',
          'o.e.a.b.TransportBulkAction',
          `failed to index into [${world.thing}]: ClusterBlockException[index [${world.thing}] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];]`,
          'proof',
        );
    }
  return {
    kind: 'elasticsearch server log',
    files: { 'elasticsearch.log': log },
    culprit: [
      'elasticsearch',
      node,
      world.host,
      'DiskThresholdMonitor',
      'o.e.c.r.a.DiskThresholdMonitor',
      'TransportBulkAction',
      world.thing,
    ],
    problem: ['disk|watermark|flood|read-only|space|full'],
    lines: ['flood.stage'],
    services: ['elasticsearch'],
    note: broken ? 'the disk passes its flood stage' : 'garbage collections at a steady rate',
  };
}

/** Followers fall behind, in-sync sets shrink, told at INFO. Healthy: a rolling restart, sets shrink and expand. */
function kafka(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [12, 25]);
  const log = new Log();
  const say = (at: number, level: string, text: string, name: string, tag?: 'proof'): void =>
    log.add(at, `[${stamp(at, '%Y-%m-%d %H:%M:%S,%L')}] ${level} ${text} (${name})`, tag);
  for (const at of moments(draw, story.from, story.to, 2.6))
    draw.weigh([
      [
        () =>
          say(
            at,
            'INFO',
            `[UnifiedLog partition=${world.thing}-${draw.int(0, 11)}, dir=/var/lib/kafka] Rolled new log segment at offset ${draw.int(1e6, 9e6)} in ${draw.int(1, 9)} ms.`,
            'kafka.log.UnifiedLog',
          ),
        4,
      ],
      [
        () =>
          say(
            at,
            'INFO',
            `[GroupCoordinator 1]: Stabilized group ${world.service} generation ${draw.int(10, 900)} (__consumer_offsets-${draw.int(0, 49)}) with ${draw.int(1, 6)} members`,
            'kafka.coordinator.group.GroupCoordinator',
          ),
        3,
      ],
      [
        () =>
          say(
            at,
            'INFO',
            `[GroupMetadataManager brokerId=1] Removed ${draw.int(0, 3)} expired offsets in ${draw.int(0, 4)} milliseconds.`,
            'kafka.coordinator.group.GroupMetadataManager',
          ),
        2,
      ],
      [
        () =>
          say(
            at,
            'WARN',
            `[GroupCoordinator 1]: Member ${world.other}-${draw.hex(8)} in group ${world.other} has failed, removing it from the group`,
            'kafka.coordinator.group.GroupCoordinator',
          ),
        0.15,
      ],
    ])();
  const partition = (): string => `${world.thing}-${draw.int(0, 11)}`;
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 7)) {
      say(
        at,
        'INFO',
        `[Partition ${partition()} broker=1] Shrinking ISR from 1,2,3 to 1. Leader: (highWatermark: ${draw.int(1e6, 2e6)}, endOffset: ${draw.int(2e6, 3e6)}). Out of sync replicas: (brokerId: 2, endOffset: ${draw.int(1e6, 2e6)}) (brokerId: 3, endOffset: ${draw.int(1e6, 2e6)}).`,
        'kafka.cluster.Partition',
        'proof',
      );
      if (draw.chance(0.5))
        say(
          at + 700,
          'ERROR',
          `[ReplicaManager broker=1] Error processing append operation on partition ${partition()}: NotEnoughReplicasException: The size of the current ISR Set(1) is insufficient to satisfy the min.isr requirement of 2`,
          'kafka.server.ReplicaManager',
          'proof',
        );
    }
  else
    for (const broker of [2, 3]) {
      const at = story.begin + broker * 90_000;
      for (let n = 0; n < 6; n += 1) {
        say(
          at + n * 40,
          'INFO',
          `[Partition ${world.thing}-${n} broker=1] Shrinking ISR from 1,2,3 to ${broker === 2 ? '1,3' : '1,2'}. Leader: (highWatermark: ${draw.int(1e6, 2e6)}, endOffset: ${draw.int(2e6, 3e6)}). Out of sync replicas: (brokerId: ${broker}, endOffset: ${draw.int(1e6, 2e6)}).`,
          'kafka.cluster.Partition',
        );
        say(
          at + 21_000 + n * 40,
          'INFO',
          `[Partition ${world.thing}-${n} broker=1] Expanding ISR from ${broker === 2 ? '1,3 to 1,3,2' : '1,2 to 1,2,3'}`,
          'kafka.cluster.Partition',
        );
      }
    }
  return {
    kind: 'kafka broker',
    files: { 'server.log': log },
    culprit: [
      'server',
      'kafka',
      'broker',
      'Partition',
      'kafka.cluster.Partition',
      'ReplicaManager',
      'kafka.server.ReplicaManager',
      world.thing,
      'broker=1',
    ],
    problem: ['isr|replica|sync|behind'],
    lines: ['Shrinking ISR', 'NotEnoughReplicas'],
    services: ['server'],
    note: broken ? 'followers fall out of sync' : 'a rolling restart',
  };
}

/** A page on disk is corrupt. Healthy: aborted connections. */
function mysql(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [3, 8]);
  const log = new Log();
  const say = (
    at: number,
    thread: number,
    level: string,
    code: string,
    text: string,
    tag?: 'proof' | 'effect',
  ): void =>
    log.add(at, `${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}Z ${thread} [${level}] [MY-${code}] ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 4))
    draw.weigh([
      [
        () =>
          say(
            at,
            draw.int(10, 9000),
            'Note',
            '010914',
            `[Server] Aborted connection ${draw.int(10, 9000)} to db: '${world.database}' user: 'app' host: '${draw.ip()}' (Got an error reading communication packets).`,
          ),
        3,
      ],
      [
        () =>
          say(
            at,
            0,
            'System',
            '011323',
            "[Server] X Plugin ready for connections. Bind-address: '::' port: 33060",
          ),
        0.05,
      ],
      [
        () =>
          say(
            at,
            draw.int(10, 9000),
            'Warning',
            '010055',
            `[Server] IP address '${draw.ip()}' could not be resolved: Name or service not known`,
          ),
        1,
      ],
      [() => say(at, 0, 'Note', '012937', `[InnoDB] Buffer pool dump, ${draw.int(100, 9000)} pages`), 2],
    ])();
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 9)) {
      const page = draw.int(100, 90_000);
      say(
        at,
        draw.int(10, 9000),
        'ERROR',
        '012224',
        `[InnoDB] Database page corruption on disk or a failed file read of page [page id: space=${draw.int(10, 90)}, page number=${page}]. You may have to recover from a backup.`,
        'proof',
      );
      say(
        at + 2,
        draw.int(10, 9000),
        'ERROR',
        '013183',
        `[InnoDB] Checksum mismatch in page ${page} of table \`${world.database}\`.\`${world.thing}\``,
        'proof',
      );
    }
  return {
    kind: 'mysql error log',
    files: { 'mysqld.err': log },
    culprit: ['mysqld', 'mysql', 'innodb', world.database, world.thing, `${world.database}.${world.thing}`],
    problem: ['corrupt|checksum|page|disk|backup'],
    lines: ['page corruption', 'Checksum mismatch'],
    services: ['mysqld'],
    note: broken ? 'pages are corrupt' : 'aborted connections at a steady rate',
  };
}

/** The transaction log is full. UTF-16 with its mark. Healthy: backups and logins of scanners that fail. */
function mssql(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [8, 20]);
  const log = new Log();
  const say = (at: number, who: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%Y-%m-%d %H:%M:%S.%L').slice(0, -1)} ${who.padEnd(11)} ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 5))
    draw.weigh([
      [
        () =>
          say(
            at,
            'Backup',
            `Log was backed up. Database: ${world.database}, creation date(time): 2025/03/02(08:14:21), first LSN: ${draw.int(100, 900)}:${draw.int(1000, 9000)}:1, last LSN: ${draw.int(100, 900)}:${draw.int(1000, 9000)}:1, number of dump devices: 1, device information: (FILE=1, TYPE=DISK: {'D:\\backup\\${world.database}.trn'}). This is an informational message only. No user action is required.`,
          ),
        4,
      ],
      [
        () =>
          say(
            at,
            `spid${draw.int(20, 60)}s`,
            `This instance of SQL Server has been using a process ID of ${draw.int(1000, 9000)}. This is an informational message only; no user action is required.`,
          ),
        2,
      ],
      [
        () => {
          say(at, 'Logon', 'Error: 18456, Severity: 14, State: 5.');
          say(
            at,
            'Logon',
            `Login failed for user 'sa'. Reason: Could not find a login matching the name provided. [CLIENT: 198.51.100.${draw.int(1, 250)}]`,
          );
        },
        0.3,
      ],
    ])();
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 14)) {
      const spid = `spid${draw.int(60, 120)}`;
      say(at, spid, 'Error: 9002, Severity: 17, State: 2.', 'proof');
      say(
        at,
        spid,
        `The transaction log for database '${world.database}' is full due to 'LOG_BACKUP'.`,
        'proof',
      );
    }
  return {
    kind: 'SQL Server ERRORLOG, UTF-16',
    files: { ERRORLOG: log },
    encoding: 'utf16le',
    culprit: ['ERRORLOG', 'mssql', 'sqlserver', 'sql server', world.database],
    problem: ['transaction log|full|9002|space|LOG_BACKUP'],
    lines: ['Error: 9002', 'is full due to'],
    services: ['ERRORLOG'],
    note: broken ? 'the transaction log is full' : 'backups; failed logins of scanners',
  };
}

export const STORES: Family[] = [
  { name: 'elasticsearch', make: elasticsearch },
  { name: 'kafka', make: kafka },
  { name: 'mysql-error', make: mysql },
  { name: 'mssql', make: mssql },
];
