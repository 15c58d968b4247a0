// What the loggers of other languages write, held-out group.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { addresses, createWorld, nextCall } from '../names.ts';
import { stamp } from '../stamp.ts';

/** One failed check ends the program: one fatal line and its trace. Healthy: warnings about load. */
function glog(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [2, 3]);
  const log = new Log();
  const pid = draw.int(900, 9000);
  const say = (at: number, level: string, where: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(
      at,
      `${level}${stamp(at, '%m%d %H:%M:%S.%f')} ${String(pid + draw.int(0, 9)).padStart(5)} ${where}] ${text}`,
      tag,
    );
  const stop = broken ? story.begin : story.to;
  for (const at of moments(draw, story.from, stop, 1.8))
    draw.weigh([
      [
        () =>
          say(
            at,
            'I',
            `${world.service}_server.cc:214`,
            `Processed shard ${draw.int(0, 63)} with ${draw.int(100, 9000)} rows in ${draw.int(3, 90)}ms`,
          ),
        8,
      ],
      [() => say(at, 'I', 'rpc_client.cc:88', `Lease renewed for ${draw.int(20, 60)}s`), 2],
      [() => say(at, 'W', 'rpc_client.cc:131', `Slow peer ${draw.ip()}:9090, ${draw.int(200, 500)}ms`), 0.3],
    ])();
  if (broken) {
    say(
      story.begin + 100,
      'F',
      'index_table.cc:377',
      `Check failed: offset <= limit_ (${draw.int(5000, 9000)} vs. 4096) \n*** Check failure stack trace: ***\n    @     0x7f${draw.hex(10)}  google::LogMessage::Fail()\n    @     0x7f${draw.hex(10)}  IndexTable::Append()\n    @     0x7f${draw.hex(10)}  main`,
      'proof',
    );
    for (const at of moments(draw, story.begin + 9000, story.begin + 60_000, 5))
      say(at, 'I', `${world.service}_server.cc:61`, `Recovering shard ${draw.int(0, 63)}`, 'effect');
    for (const at of moments(draw, story.begin + 60_000, story.to, 1.8))
      say(
        at,
        'I',
        `${world.service}_server.cc:214`,
        `Processed shard ${draw.int(0, 63)} with ${draw.int(100, 9000)} rows in ${draw.int(3, 90)}ms`,
      );
  }
  return {
    kind: 'glog of a C++ program',
    files: { [`${world.service}_server.INFO`]: log },
    culprit: [
      `${world.service}_server`,
      `${world.service}_server.INFO`,
      world.service,
      'index_table.cc',
      'IndexTable',
    ],
    problem: ['check fail|fatal|crash|abort|offset'],
    lines: ['index_table\\.cc:377'],
    services: [`${world.service}_server`],
    yearless: true,
    note: broken ? 'one failed check ends the program' : 'slow peers at a steady rate',
  };
}

/** The pool of connections is empty. Healthy: single slow statements. */
function rust(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.8], [8, 18]);
  const log = new Log();
  const say = (at: number, level: string, target: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}Z ${level.padStart(5)} ${target}: ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 1.7)) {
    const failed = broken && story.on(at) && draw.chance(0.5);
    if (failed)
      say(
        at,
        'ERROR',
        `${world.service}::store`,
        `could not load ${world.thing} error=pool timed out while waiting for an open connection active=${draw.pick([10, 20])} idle=0 id=${draw.int(1000, 9999)}`,
        'proof',
      );
    else
      say(
        at,
        'INFO',
        `request{method=GET uri=/v1/${world.thing} id=${draw.hex(8)}}: ${world.service}::http`,
        `finished processing latency=${draw.int(2, 40)} ms`,
      );
    if (draw.chance(0.012))
      say(
        at + 5,
        'WARN',
        'sqlx::query',
        `slow statement: execution time exceeded alert threshold summary="SELECT id FROM ${world.thing2} …" elapsed=1.${draw.int(0, 9)}s`,
      );
  }
  return {
    kind: 'rust tracing',
    files: { [`${world.service}.log`]: log },
    culprit: [world.service, `${world.service}::store`, 'store', world.database],
    problem: ['pool|connection|timed out|exhaust|could not load'],
    lines: ['pool timed out'],
    services: [world.service],
    note: broken ? 'the pool of connections is empty' : 'single slow statements',
  };
}

/** A process is started again and again; the log has a clock and no date. Healthy: single refused messages. */
function elixir(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.8], [8, 15]);
  const log = new Log();
  const say = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%H:%M:%S.%L')} [${level}] ${text}`, tag);
  const module = `${world.service[0]!.toUpperCase()}${world.service.slice(1)}`;
  for (const at of moments(draw, story.from, story.to, 2)) {
    say(
      at,
      'info',
      draw.chance(0.7)
        ? `Sent 200 in ${draw.int(1, 40)}ms`
        : `${module}.Sync stored ${draw.int(1, 60)} ${world.thing}`,
    );
    if (draw.chance(0.012)) say(at + 9, 'warning', `${module}.Inbox refused a message without sender`);
  }
  if (broken)
    for (const at of rhythm(draw, story.begin, story.end, 11))
      say(
        at,
        'error',
        `GenServer ${module}.Cache terminating\n** (MatchError) no match of right hand side value: {:error, :enoent}\n    (${world.service} 0.4.${draw.int(1, 9)}) lib/${world.service}/cache.ex:${draw.int(20, 30)}: ${module}.Cache.handle_info/2\n    (stdlib 5.2) gen_server.erl:1095: :gen_server.try_handle_info/3\nLast message: :warm\nState: %{table: :${world.thing}}`,
        'proof',
      );
  return {
    kind: 'elixir logger, a clock and no date',
    files: { 'erlang.log': log },
    culprit: ['erlang', world.service, `${module}.Cache`, module, 'Cache', 'GenServer'],
    problem: ['terminat|crash|MatchError|enoent|restart|GenServer|no match'],
    lines: ['terminating'],
    services: ['erlang'],
    dated: false,
    note: broken ? 'a process ends and is started again and again' : 'single refused messages',
  };
}

/** A dependency cannot be reached; the logger knows no levels. Healthy: broken pipes. */
function goStd(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.8], [6, 14]);
  const log = new Log();
  const say = (at: number, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%Y/%m/%d %H:%M:%S')} ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 1.9)) {
    if (broken && story.on(at) && draw.chance(0.6))
      say(
        at,
        `push ${world.thing}: Post "https://${world.other}.${world.domain}/v2/${world.thing}": dial tcp 10.7.0.${draw.int(2, 9)}:443: connect: network is unreachable`,
        'proof',
      );
    else say(at, `pushed ${draw.int(1, 90)} ${world.thing} to ${world.other} in ${draw.int(9, 80)}ms`);
    if (draw.chance(0.012))
      say(
        at + 3,
        `http: write tcp 10.7.0.1:8080->${draw.ip()}:${draw.int(30_000, 60_000)}: write: broken pipe`,
      );
  }
  return {
    kind: 'go standard log',
    files: { [`${world.service}.log`]: log },
    culprit: [world.service, world.other, `${world.other}.${world.domain}`, ...addresses('10.7.0', 443)],
    problem: ['unreachable|connect|dial|network|push'],
    lines: ['network is unreachable'],
    services: [world.service],
    note: broken ? 'a dependency cannot be reached' : 'single broken pipes',
  };
}

/** Workers time out and are killed. Healthy: workers replaced after many requests. */
function gunicorn(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.8], [10, 18]);
  const log = new Log();
  const requests = new Requests();
  let pid = draw.int(20, 90);
  const say = (at: number, level: string, who: number, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `[${stamp(at, '%Y-%m-%d %H:%M:%S')} +0000] [${who}] [${level}] ${text}`, tag);
  for (const at of moments(draw, story.from, story.to, 1.5)) {
    const call = nextCall(draw, world);
    log.add(
      at,
      `${draw.ip()} - - [${stamp(at, '%d/%b/%Y:%H:%M:%S')} +0000] "${call.method} ${call.path} HTTP/1.1" ${call.status} ${draw.int(90, 9000)} "-" "${call.agent}"`,
    );
    requests.see(call.status, call.endpoint);
  }
  for (const at of rhythm(draw, story.from, story.to, 420)) {
    say(at, 'INFO', pid, 'Autorestarting worker after current request.');
    say(at + 200, 'INFO', pid, `Worker exiting (pid: ${pid})`);
    pid += draw.int(1, 4);
    say(at + 700, 'INFO', pid, `Booting worker with pid: ${pid}`);
  }
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 30)) {
      pid += draw.int(1, 4);
      say(at, 'CRITICAL', 1, `WORKER TIMEOUT (pid:${pid})`, 'proof');
      say(at + 1000, 'ERROR', 1, `Worker (pid:${pid}) was sent SIGKILL! Perhaps out of memory?`, 'proof');
      say(at + 1400, 'INFO', pid + 1, `Booting worker with pid: ${pid + 1}`, 'effect');
    }
  return {
    kind: 'gunicorn',
    files: { 'gunicorn.log': log },
    culprit: ['gunicorn', 'worker'],
    problem: ['worker|timeout|timed out|kill|memory'],
    lines: ['WORKER TIMEOUT', 'was sent SIGKILL'],
    services: ['gunicorn'],
    requests,
    note: broken ? 'workers time out and are killed' : 'workers replaced in turn',
  };
}

export const LANGUAGES: Family[] = [
  { name: 'glog', make: glog },
  { name: 'rust-tracing', make: rust },
  { name: 'elixir', make: elixir },
  { name: 'go-std', make: goStd },
  { name: 'gunicorn', make: gunicorn },
];
