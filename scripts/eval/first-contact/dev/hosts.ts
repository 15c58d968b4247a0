// What a Linux host writes.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** A kernel's ring buffer, seconds since the start and no date: a file system shuts down. Healthy: links and audits. */
function dmesg(draw: Draw, broken: boolean): Draft {
  const story = tell(draw, [2, 3], [2, 4]);
  const log = new Log();
  const up = draw.int(40_000, 900_000);
  const disk = draw.pick(['sdb', 'sdc', 'nvme1n1']);
  const say = (at: number, text: string, tag?: 'proof' | 'effect'): void => {
    const seconds = (up + (at - story.from) / 1000).toFixed(3) + String((at * 7919) % 1000).padStart(3, '0');
    log.add(at, `[${seconds.padStart(13)}] ${text}`, tag);
  };
  for (const at of moments(draw, story.from, story.to, 5))
    say(
      at,
      draw.weigh([
        [
          `audit: type=1400 audit(${(at / 1000).toFixed(3)}:${draw.int(100, 9000)}): apparmor="ALLOWED" operation="open" profile="/usr/sbin/cupsd" name="/etc/papersize" pid=${draw.int(900, 9000)} comm="cupsd"`,
          10,
        ],
        [
          `docker0: port ${draw.int(1, 6)}(veth${draw.hex(7)}) entered ${draw.pick(['blocking', 'forwarding', 'disabled'])} state`,
          9,
        ],
        [`IPv6: ADDRCONF(NETDEV_CHANGE): veth${draw.hex(7)}: link becomes ready`, 4],
        [
          `TCP: request_sock_TCP: Possible SYN flooding on port ${draw.pick([443, 8080])}. Sending cookies.`,
          1,
        ],
        [`usb 1-${draw.int(1, 4)}: new high-speed USB device number ${draw.int(3, 90)} using xhci_hcd`, 2],
        [
          'perf: interrupt took too long (2513 > 2500), lowering kernel.perf_event_max_sample_rate to 79500',
          1,
        ],
      ]),
    );
  if (broken) {
    for (const at of moments(draw, story.begin, story.end, 6)) {
      const sector = draw.int(1e6, 9e8);
      say(
        at,
        `blk_update_request: I/O error, dev ${disk}, sector ${sector} op 0x0:(READ) flags 0x80700 phys_seg ${draw.int(1, 9)} prio class 0`,
        'proof',
      );
    }
    say(
      story.end + 900,
      `XFS (${disk}1): metadata I/O error in "xfs_da_read_buf+0xd9/0x130" at daddr 0x${draw.hex(6)} len 8 error 5`,
      'proof',
    );
    say(story.end + 901, `XFS (${disk}1): log I/O error -5`, 'proof');
    say(story.end + 950, `XFS (${disk}1): Filesystem has been shut down due to log error (0x2).`, 'proof');
    say(
      story.end + 951,
      `XFS (${disk}1): Please unmount the filesystem and rectify the problem(s).`,
      'effect',
    );
  }
  return {
    kind: 'dmesg, seconds since the start',
    files: { 'dmesg.txt': log },
    culprit: ['dmesg', 'kernel', disk, `${disk}1`, 'XFS', 'blk_update_request'],
    problem: ['i/o|disk|file ?system|xfs|storage|device|sector'],
    lines: ['I/O error', 'Filesystem has been shut down'],
    services: ['dmesg'],
    dated: false,
    note: broken ? 'a disk fails, its file system shuts down' : 'bridges, audits, a message about interrupts',
  };
}

const dated = (at: number, host: string, who: string, text: string): string =>
  `${stamp(at, '%b %e %H:%M:%S')} ${host} ${who}: ${text}`;

/** Mail cannot be delivered any more: the relay does not answer. Healthy: single bounces, logins from the internet. */
function postfix(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [20, 45]);
  const log = new Log();
  const say = (at: number, who: string, text: string, tag?: 'proof'): void =>
    log.add(at, dated(at, world.host, `${who}[${draw.int(900, 30_000)}]`, text), tag);
  const relay = `relay.${world.domain}[203.0.113.${draw.int(5, 60)}]:587`;
  for (const at of moments(draw, story.from, story.to, 9)) {
    const id = draw.hex(10).toUpperCase();
    const to = `<${draw.pick(['anna', 'ben', 'chris', 'dana'])}${draw.int(1, 90)}@mail${draw.int(1, 9)}.test>`;
    const stuck = broken && story.on(at);
    say(at, 'postfix/pickup', `${id}: uid=33 from=<www-data>`);
    say(at + 4, 'postfix/cleanup', `${id}: message-id=<${draw.hex(12)}@${world.host}>`);
    say(
      at + 9,
      'postfix/qmgr',
      `${id}: from=<no-reply@${world.domain}>, size=${draw.int(800, 9000)}, nrcpt=1 (queue active)`,
    );
    if (stuck)
      say(
        at + 30_000,
        'postfix/smtp',
        `${id}: to=${to}, relay=none, delay=30, delays=0.02/0.01/30/0, dsn=4.4.1, status=deferred (connect to ${relay}: Connection timed out)`,
        'proof',
      );
    else if (draw.chance(0.015))
      say(
        at + 900,
        'postfix/smtp',
        `${id}: to=${to}, relay=${relay}, delay=0.9, delays=0.02/0.01/0.4/0.5, dsn=5.1.1, status=bounced (host ${relay.split(':')[0]} said: 550 5.1.1 ${to}: Recipient address rejected: User unknown)`,
      );
    else {
      say(
        at + 700,
        'postfix/smtp',
        `${id}: to=${to}, relay=${relay}, delay=0.7, delays=0.02/0.01/0.3/0.4, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ${draw.hex(10).toUpperCase()})`,
      );
      say(at + 702, 'postfix/qmgr', `${id}: removed`);
    }
  }
  for (const at of moments(draw, story.from, story.to, 25))
    say(
      at,
      'sshd',
      `Failed password for ${draw.pick(['root', 'invalid user admin', 'invalid user test', 'invalid user oracle'])} from 198.51.100.${draw.int(1, 250)} port ${draw.int(30_000, 60_000)} ssh2`,
    );
  for (const at of rhythm(draw, story.from, story.to, 300))
    say(at, 'CRON', '(root) CMD (test -x /usr/bin/certbot && certbot -q renew)');
  return {
    kind: 'syslog of a mail host: postfix, sshd, cron',
    files: { 'mail.log': log },
    culprit: [
      'postfix',
      'postfix/smtp',
      'smtp',
      world.host,
      `relay.${world.domain}`,
      relay,
      relay.slice(relay.indexOf('[') + 1, relay.indexOf(']')),
    ],
    problem: ['deferred|timed out|timeout|connect|relay|deliver'],
    lines: ['status=deferred'],
    services: ['postfix/smtp', 'postfix/qmgr', 'sshd', 'CRON'],
    yearless: true,
    note: broken
      ? 'the relay does not answer, mail is deferred'
      : 'single bounces; failed logins from the internet',
  };
}

/** One unit fails, once. Healthy: the same units succeed. */
function unit(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [1, 2]);
  const log = new Log();
  const say = (at: number, who: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}+00:00 ${world.host} ${who}: ${text}`, tag);
  for (const [name, seconds] of [
    ['logrotate', 600],
    ['fwupd-refresh', 900],
    [`${world.service}-report`, 420],
    ['apt-daily', 1500],
  ] as const)
    for (const at of rhythm(draw, story.from, story.to, seconds)) {
      say(at, 'systemd[1]', `Starting ${name}.service - Periodic ${name} run...`);
      say(at + 3100, 'systemd[1]', `${name}.service: Deactivated successfully.`);
      say(at + 3101, 'systemd[1]', `Finished ${name}.service - Periodic ${name} run.`);
    }
  for (const at of moments(draw, story.from, story.to, 3.5))
    say(
      at,
      draw.pick([`dockerd[${draw.int(500, 600)}]`, `NetworkManager[${draw.int(600, 640)}]`]),
      draw.weigh([
        [`level=info msg="Container ${draw.hex(12)} healthy"`, 6],
        ['dhcp4 (eth0): state changed bound -> renewed', 3],
        [`level=warning msg="cleaning up after shim disconnected" id=${draw.hex(12)} namespace=moby`, 1],
      ]),
    );
  for (const at of moments(draw, story.from, story.to, 40))
    say(
      at,
      `sshd[${draw.int(900, 9000)}]`,
      `Invalid user ${draw.pick(['pi', 'admin', 'ftp'])} from 198.51.100.${draw.int(1, 250)} port ${draw.int(30_000, 60_000)}`,
    );
  if (broken) {
    const name = `${world.database}-backup.service`;
    const at = story.begin;
    say(at, 'systemd[1]', `Starting ${name} - Nightly backup of ${world.database}...`);
    say(
      at + 41_000,
      'systemd[1]',
      `${name}: Main process exited, code=exited, status=2/INVALIDARGUMENT`,
      'effect',
    );
    say(at + 41_001, 'systemd[1]', `${name}: Failed with result 'exit-code'.`, 'proof');
    say(
      at + 41_002,
      'systemd[1]',
      `Failed to start ${name} - Nightly backup of ${world.database}.`,
      'effect',
    );
    say(at + 41_003, 'systemd[1]', `${name}: Consumed 38.2s CPU time.`, 'effect');
  }
  return {
    kind: 'syslog with RFC 3339 times',
    files: { 'messages.log': log },
    culprit: [
      'systemd',
      `${world.database}-backup.service`,
      `${world.database}-backup`,
      world.host,
      world.database,
    ],
    problem: ['fail|exit|backup|unit'],
    lines: ["Failed with result 'exit-code'"],
    services: ['systemd', 'dockerd', 'NetworkManager', 'sshd'],
    note: broken ? 'one backup unit fails, one line proves it' : 'timers that succeed',
  };
}

export const HOSTS: Family[] = [
  { name: 'dmesg', make: dmesg },
  { name: 'postfix', make: postfix },
  { name: 'failed-unit', make: unit },
];
