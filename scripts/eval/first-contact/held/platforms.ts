// Clusters, builds, network gear, directories of the held-out group.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** After a rollout one workload refuses its configuration. Healthy: the same rollout succeeds. */
function kubectl(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.6], [10, 20]);
  const log = new Log();
  const pods = [1, 2].map(
    () => `pod/${world.service}-${draw.hex(9)}-${draw.text(5, 'bcdfghjklm24578')}/${world.service}`,
  );
  const other = `pod/${world.other}-${draw.hex(9)}-${draw.text(5, 'bcdfghjklm24578')}/${world.other}`;
  const say = (at: number, who: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `[${who}] ${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}Z ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 1.7)) {
    const who = draw.chance(0.5) ? other : draw.pick(pods);
    if (who !== other && broken && at > story.begin - 5000) continue;
    say(
      at,
      who,
      `INFO synced ${draw.int(1, 50)} ${who === other ? world.thing2 : world.thing} rev=${draw.int(1000, 9999)}`,
    );
    if (draw.chance(0.01)) say(at + 8, who, 'WARN watch closed, opening it again');
  }
  if (broken)
    for (const at of rhythm(draw, story.begin, story.to, draw.int(28, 50))) {
      const who = draw.pick(pods);
      say(at, who, `INFO starting ${world.service} build=${draw.hex(7)}`, 'effect');
      say(
        at + 300,
        who,
        `FATAL invalid configuration: limits.${world.thing}: expected a number, got "none" (config.yaml line ${draw.int(12, 40)})`,
        'proof',
      );
    }
  else
    for (const [step, who] of pods.entries()) {
      const at = story.begin + step * 30_000;
      say(at, who, 'INFO received SIGTERM, draining');
      say(at + 4000, who, `INFO starting ${world.service} build=${draw.hex(7)}`);
      say(at + 4600, who, 'INFO configuration loaded');
    }
  return {
    kind: 'kubectl logs --prefix',
    files: { 'pods.log': log },
    culprit: [world.service, ...pods, ...pods.map((pod) => pod.split('/')[1]!), 'pods'],
    problem: ['config|expected a number|fatal|start|crash|exit'],
    lines: ['invalid configuration'],
    services: [world.service, world.other],
    note: broken ? 'a bad configuration since the rollout' : 'a rollout',
  };
}

/** One test fails. Healthy: all pass, some are skipped. */
function pytest(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const log = new Log();
  let at = 0;
  const say = (text: string, tag?: 'proof' | 'effect'): void => {
    at += 10;
    log.add(at, text, tag);
  };
  const files = Array.from(
    { length: 40 },
    (_, n) => `tests/${draw.pick(['unit', 'api', 'db'])}/test_${world.thing}_${n}.py`,
  );
  const victim = draw.int(15, 30);
  say('============================= test session starts ==============================');
  say('platform linux -- Python 3.12.4, pytest-8.2.2, pluggy-1.5.0');
  say(`rootdir: /builds/${world.service}`);
  let done = 0;
  for (const [index, file] of files.entries())
    for (let n = 0; n < 9; n += 1) {
      done += 1;
      const share = `[${String(Math.round((done / 360) * 100)).padStart(3)}%]`;
      const fails = broken && index === victim && n === 4;
      const name = draw.pick([
        'keeps_order',
        'raises_error_on_empty',
        'rounds',
        'retries_failed_call',
        'handles_timeout',
      ]);
      say(
        `${file}::test_${name}_${n} ${fails ? 'FAILED' : draw.chance(0.02) ? 'SKIPPED' : 'PASSED'} ${share}`,
        fails ? 'proof' : undefined,
      );
    }
  if (broken) {
    say('=================================== FAILURES ===================================', 'effect');
    say(
      `    def test_total():\n>       assert total(cart) == 90\nE       assert 100 == 90\nE        +  where 100 = total([...])\n\n${files[victim]}:${draw.int(20, 60)}: AssertionError`,
      'proof',
    );
    say('=========================== short test summary info ============================', 'effect');
    say(`FAILED ${files[victim]}::test_total - assert 100 == 90`, 'proof');
    say('================== 1 failed, 352 passed, 7 skipped in 48.11s ===================', 'proof');
    say('ERROR: Job failed: exit code 1', 'proof');
  } else {
    say(
      '============================== warnings summary ===============================\n  /usr/lib/python3.12/site-packages/x/y.py:12: DeprecationWarning: there is no current event loop',
    );
    say('======================= 353 passed, 7 skipped in 47.20s ========================');
    say('Job succeeded');
  }
  return {
    kind: 'pytest in a CI job',
    files: { 'job.log': log },
    culprit: ['job', 'pytest', 'test', 'tests', world.service, `${files[victim]}`],
    problem: ['test|fail|assert|exit code'],
    lines: ['FAILED (\\[|tests)', 'AssertionError', '1 failed', 'exit code 1'],
    services: ['job'],
    dated: false,
    note: broken ? 'one test fails' : 'all pass; names of tests speak of errors',
  };
}

/** A host of the play cannot be reached. Healthy: changed, skipped and ignored tasks. */
function ansible(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const log = new Log();
  let at = 0;
  const say = (text: string, tag?: 'proof' | 'effect'): void => {
    at += 10;
    log.add(at, text, tag);
  };
  const hosts = Array.from({ length: 12 }, (_, n) => `${world.host}-${String(n + 1).padStart(2, '0')}`);
  const lost = hosts[draw.int(3, 9)]!;
  const roles = ['common', 'ntp', 'users', 'firewall', world.service, 'monitoring'];
  say(`PLAY [${world.service}] ${'*'.repeat(60)}`);
  let reachable = hosts;
  for (const [index, role] of roles.entries())
    for (let n = 1; n <= 9; n += 1) {
      say('');
      say(
        `TASK [${role} : ${draw.pick(['install packages', 'write configuration', 'check for failed services', 'enable unit', 'create directory'])} ${n}] ${'*'.repeat(40)}`,
      );
      for (const host of reachable)
        if (broken && index === 3 && n === 2 && host === lost)
          say(
            `fatal: [${host}]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh: ssh: connect to host ${host} port 22: No route to host", "unreachable": true}`,
            'proof',
          );
        else
          say(
            `${draw.weigh([
              ['ok', 8],
              ['changed', 3],
              ['skipping', 2],
            ])}: [${host}]`,
          );
      if (broken && index === 3 && n === 2) reachable = hosts.filter((host) => host !== lost);
    }
  say('');
  say(`PLAY RECAP ${'*'.repeat(60)}`);
  for (const host of hosts)
    say(
      `${host.padEnd(26)} : ok=${draw.int(30, 50)}   changed=${draw.int(3, 15)}    unreachable=${broken && host === lost ? 1 : 0}    failed=0    skipped=${draw.int(2, 9)}    rescued=0    ignored=0   `,
      broken && host === lost ? 'effect' : undefined,
    );
  return {
    kind: 'ansible output',
    files: { 'ansible.log': log },
    culprit: ['ansible', lost, 'firewall'],
    problem: ['unreachable|connect|route|ssh|fatal'],
    lines: ['UNREACHABLE!'],
    services: ['ansible'],
    dated: false,
    note: broken ? 'one host cannot be reached: one line' : 'tasks that change, skip, and speak of failures',
  };
}

/** A neighbour of the routing protocol is lost, once. Healthy: ports of desks go up and down. */
function router(draw: Draw, broken: boolean): Draft {
  const story = tell(draw, [2, 3], [2, 4]);
  const log = new Log();
  let serial = draw.int(1000, 5000);
  const say = (at: number, text: string, tag?: 'proof' | 'effect'): void => {
    serial += 1;
    log.add(at, `${String(serial).padStart(6, '0')}: ${stamp(at, '%b %e %H:%M:%S.%L')}: ${text}`, tag);
  };
  const neighbour = `10.255.${draw.int(0, 9)}.${draw.int(1, 250)}`;
  const lines: [number, string, ('proof' | 'effect')?][] = [];
  for (const at of moments(draw, story.from, story.to, 9)) {
    const port = `GigabitEthernet1/0/${draw.int(1, 48)}`;
    const up = draw.chance(0.5) ? 'up' : 'down';
    lines.push([at, `%LINK-3-UPDOWN: Interface ${port}, changed state to ${up}`]);
    lines.push([
      at + 1000,
      `%LINEPROTO-5-UPDOWN: Line protocol on Interface ${port}, changed state to ${up}`,
    ]);
    if (draw.chance(0.06))
      lines.push([
        at + 1500,
        `%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Source: 198.51.100.${draw.int(1, 250)}] [localport: 22] [Reason: Login Authentication Failed]`,
      ]);
    if (draw.chance(0.1))
      lines.push([
        at + 2500,
        `%SYS-5-CONFIG_I: Configured from console by netops on vty0 (10.0.0.${draw.int(2, 60)})`,
      ]);
  }
  if (broken) {
    lines.push([story.begin, `%BGP-5-ADJCHANGE: neighbor ${neighbour} Down BGP Notification sent`, 'proof']);
    lines.push([
      story.begin + 2,
      `%BGP-3-NOTIFICATION: sent to neighbor ${neighbour} 4/0 (hold time expired) 0 bytes`,
      'proof',
    ]);
  }
  for (const [at, text, tag] of lines.sort((a, b) => a[0] - b[0])) say(at, text, tag);
  return {
    kind: 'messages of a router, numbered',
    files: { 'core-router.log': log },
    culprit: [
      'core-router',
      'BGP',
      neighbour,
      'BGP-5-ADJCHANGE',
      'BGP-3-NOTIFICATION',
      '%BGP-5-ADJCHANGE',
      '%BGP-3-NOTIFICATION',
    ],
    problem: ['bgp|neighbor|neighbour|hold time|adj'],
    lines: ['%BGP-'],
    services: ['core-router'],
    yearless: true,
    note: broken ? 'a routing neighbour is lost: two lines' : 'ports go up and down all day',
  };
}

/** Nodes do not answer and are set down. Healthy: jobs that fail by themselves. */
function slurm(draw: Draw, broken: boolean): Draft {
  const story = tell(draw, [2, 3], [10, 25]);
  const log = new Log();
  const say = (at: number, text: string, tag?: 'proof'): void =>
    log.add(at, `[${stamp(at, '%Y-%m-%dT%H:%M:%S.%L')}] ${text}`, tag);
  let job = draw.int(10_000, 90_000);
  for (const at of moments(draw, story.from, story.to, 9)) {
    job += 1;
    const node = `cn${String(draw.int(1, 64)).padStart(3, '0')}`;
    say(
      at,
      `_slurm_rpc_submit_batch_job: JobId=${job} InitPrio=${draw.int(1000, 9000)} usec=${draw.int(200, 900)}`,
    );
    say(
      at + 900,
      `sched: Allocate JobId=${job} NodeList=${node} #CPUs=${draw.pick([4, 8, 16, 32])} Partition=batch`,
    );
    say(
      at + draw.int(5, 90) * 1000,
      `_job_complete: JobId=${job} ${draw.chance(0.08) ? 'WEXITSTATUS 1' : 'WEXITSTATUS 0'}`,
    );
    say(at + 91_000, `_job_complete: JobId=${job} done`);
  }
  const [low, high] = [draw.int(10, 20), draw.int(21, 30)];
  if (broken)
    for (const [step, at] of rhythm(draw, story.begin, story.end, 60).entries()) {
      say(at, `error: Nodes cn[0${low}-0${high}] not responding`, 'proof');
      if (step === 4) say(at + 20, `error: Nodes cn[0${low}-0${high}] not responding, setting DOWN`, 'proof');
    }
  return {
    kind: 'slurmctld',
    files: { 'slurmctld.log': log },
    culprit: ['slurmctld', 'slurm', `cn[0${low}-0${high}]`, `cn0${low}`, 'cn', 'nodes'],
    problem: ['not responding|nodes?|down|unreachable|no answer'],
    lines: ['not responding'],
    services: ['slurmctld'],
    note: broken ? 'nodes do not answer' : 'single jobs that fail by themselves',
  };
}

/** Nobody can sign in: the database refuses the service's password. Healthy: wrong passwords of users. */
function dovecot(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [12, 30]);
  const log = new Log();
  const say = (at: number, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${stamp(at, '%b %d %H:%M:%S')} ${world.host} dovecot: ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 4)) {
    const user = `${draw.pick(['anna', 'ben', 'carl', 'dora', 'emil'])}${draw.int(1, 40)}@${world.domain}`;
    const session = draw.text(12, 'abcdefghijkmnopqrstuvwxyzABCDEFGH0123456789');
    if (broken && story.on(at)) {
      say(
        at,
        `auth: Error: pgsql(db.${world.domain}): Connect failed to database ${world.database}: FATAL:  password authentication failed for user "dovecot" (state: wait for input)`,
        'proof',
      );
      say(
        at + 2000,
        `imap-login: Disconnected (tried to use unsupported auth mechanism, internal failure, 1 attempts in 2 secs): user=<${user}>, method=PLAIN, rip=${draw.ip('203.0')}, lip=10.0.0.3, TLS, session=<${session}>`,
        'effect',
      );
    } else if (draw.chance(0.05))
      say(
        at,
        `imap-login: Disconnected (auth failed, 1 attempts in ${draw.int(2, 7)} secs): user=<${user}>, method=PLAIN, rip=${draw.ip('198.51')}, lip=10.0.0.3, TLS, session=<${session}>`,
      );
    else {
      say(
        at,
        `imap-login: Login: user=<${user}>, method=PLAIN, rip=${draw.ip('203.0')}, lip=10.0.0.3, mpid=${draw.int(900, 30_000)}, TLS, session=<${session}>`,
      );
      say(
        at + draw.int(3, 60) * 1000,
        `imap(${user})<${draw.int(900, 30_000)}><${session}>: Disconnected: Logged out in=${draw.int(40, 900)} out=${draw.int(500, 90_000)}`,
      );
    }
  }
  return {
    kind: 'dovecot in syslog',
    files: { 'dovecot.log': log },
    culprit: ['dovecot', 'auth', `db.${world.domain}`, world.database, world.host, 'pgsql', 'database'],
    problem: ['password|auth|credential|login|database|connect failed|denied'],
    lines: ['password authentication failed'],
    services: ['dovecot'],
    yearless: true,
    note: broken ? "the database refuses the service's password" : 'wrong passwords at a steady rate',
  };
}

export const PLATFORMS: Family[] = [
  { name: 'kubectl-prefix', make: kubectl },
  { name: 'pytest', make: pytest },
  { name: 'ansible', make: ansible },
  { name: 'router', make: router },
  { name: 'slurm', make: slurm },
  { name: 'dovecot', make: dovecot },
];
