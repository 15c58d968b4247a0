// Containers: a node's journal, CRI files, a compose project.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** After a reload the node has no network configuration. Healthy: a rolling restart of a deployment. */
function kubelet(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [10, 25]);
  const log = new Log();
  const node = `node-${draw.hex(4)}`;
  const say = (at: number, level: string, where: string, text: string, tag?: 'proof'): void =>
    log.add(
      at,
      `${stamp(at, '%b %d %H:%M:%S')} ${node} kubelet[1187]: ${level}${stamp(at, '%m%d %H:%M:%S.%f')}    1187 ${where}] ${text}`,
      tag,
    );
  const pod = (): string => `default/${world.service}-${draw.hex(8)}-${draw.text(5, 'bcdfghjklm24578')}`;
  for (const at of moments(draw, story.from, story.to, 2.5))
    draw.chance(0.8)
      ? say(
          at,
          'I',
          'prober.go:107',
          `"Probe succeeded" probeType="${draw.pick(['Liveness', 'Readiness'])}" pod="${pod()}" containerName="${world.service}"`,
        )
      : say(
          at,
          'I',
          'kubelet_volumes.go:163',
          `"Cleaned up orphaned pod volumes dir" podUID="${draw.hex(8)}-${draw.hex(4)}" path="/var/lib/kubelet/pods/${draw.hex(8)}/volumes"`,
        );
  for (const at of moments(draw, story.from, story.to, 240))
    say(
      at,
      'I',
      'prober.go:107',
      `"Probe failed" probeType="Readiness" pod="${pod()}" containerName="${world.other}" probeResult="failure" output="HTTP probe failed with statuscode: 503"`,
    );
  if (broken)
    for (const at of rhythm(draw, story.begin, story.end, 5))
      say(
        at,
        'E',
        'kubelet.go:2862',
        '"Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized: invalid config in /etc/cni/net.d/10-bridge.conflist"',
        'proof',
      );
  else
    for (let step = 0; step < 12; step += 1) {
      const at = story.begin + step * 9000;
      say(at, 'I', 'kubelet.go:2421', `"SyncLoop ADD" source="api" pods=["${pod()}"]`);
      say(at + 3000, 'I', 'kubelet.go:2437', `"SyncLoop DELETE" source="api" pods=["${pod()}"]`);
      say(
        at + 4000,
        'I',
        'kuberuntime_container.go:745',
        `"Killing container with a grace period" pod="${pod()}" containerName="${world.service}" gracePeriod=30`,
      );
    }
  return {
    kind: 'kubelet in a short journal',
    files: { 'node.log': log },
    culprit: ['kubelet', node, 'cni', 'kubelet.go', 'network'],
    problem: ['network|cni|config|not ready|not initialized|plugin'],
    lines: ['network not ready'],
    services: ['kubelet'],
    yearless: true,
    note: broken ? 'a broken network configuration' : 'a rolling restart; single failed readiness probes',
  };
}

/** A program panics again and again, its trace split over parts. Healthy: long lines split over parts. */
function cri(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 2], [8, 20]);
  const log = new Log();
  const raw = (at: number, stream: string, part: string, text: string): string =>
    `${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')}${String((at * 31) % 1000).padStart(3, '0')}Z ${stream} ${part} ${text}`;
  for (const at of moments(draw, story.from, story.to, 1.8)) {
    log.add(
      at,
      raw(
        at,
        'stdout',
        'F',
        `level=INFO msg="batch stored" table=${world.thing} rows=${draw.int(1, 500)} took=${draw.int(3, 60)}ms`,
      ),
    );
    if (draw.chance(0.01)) {
      const long = `level=INFO msg="plan" detail="${Array.from({ length: 6 }, () => draw.hex(40)).join(',')}"`;
      log.add(
        at + 5,
        `${raw(at + 5, 'stdout', 'P', long.slice(0, 120))}\n${raw(at + 5, 'stdout', 'F', long.slice(120))}`,
      );
    }
    if (draw.chance(0.01))
      log.add(
        at + 7,
        raw(
          at + 7,
          'stderr',
          'F',
          `level=WARN msg="write was slow" table=${world.thing} took=${draw.int(900, 1900)}ms`,
        ),
      );
  }
  if (broken)
    for (const at of rhythm(draw, story.begin, story.end, draw.int(25, 45))) {
      const goroutine = draw.int(20, 900);
      const trace = [
        'panic: runtime error: index out of range [3] with length 3',
        '',
        `goroutine ${goroutine} [running]:`,
        `main.(*Planner).Assign(0xc000${draw.hex(6)}, {0xc000${draw.hex(6)}, 0x3, 0x4})`,
        `\t/src/${world.service}/planner.go:${draw.int(100, 190)} +0x1b4`,
        'created by main.run in goroutine 1',
        `\t/src/${world.service}/main.go:61 +0x2a5`,
      ];
      log.add(at, trace.map((text, row) => raw(at + row, 'stderr', 'F', text)).join('\n'), 'proof');
      log.add(
        at + 4000,
        raw(at + 4000, 'stdout', 'F', `level=INFO msg="starting" version=2.${draw.int(0, 9)}.1 pid=1`),
        'effect',
      );
    }
  return {
    kind: 'CRI container file',
    files: { [`${world.service}_0.log`]: log },
    culprit: [world.service, `${world.service}_0`, 'planner.go', 'main', 'Planner', 'stderr'],
    problem: ['panic|index out of range|runtime error|crash|restart'],
    lines: ['panic: runtime error'],
    services: [`${world.service}_0`],
    note: broken ? 'a program panics in a loop' : 'long lines in parts; single slow writes',
  };
}

/** A worker is killed for its memory and started again. Healthy: a deployment of all services. */
function compose(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.8], [10, 20]);
  const log = new Log();
  const [web, worker, db] = [`${world.service}-web-1`, `${world.service}-worker-1`, `${world.service}-db-1`];
  const width = Math.max(web.length, worker.length, db.length);
  const say = (at: number, who: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${who.padEnd(width)}  | ${text}`, tag);
  const at19 = (at: number): string => stamp(at, '%Y-%m-%d %H:%M:%S');
  for (const at of moments(draw, story.from, story.to, 1.6))
    draw.weigh([
      [
        () =>
          say(at, web, `${at19(at)} INFO  GET /${world.thing}/${draw.int(1, 999)} 200 ${draw.int(5, 60)}ms`),
        6,
      ],
      [
        () =>
          say(
            at,
            worker,
            `${at19(at)} INFO  resized image ${draw.int(1000, 9999)} (${draw.int(100, 900)} kB)`,
          ),
        4,
      ],
      [() => say(at, worker, `${at19(at)} WARN  image ${draw.int(1000, 9999)} has no colour profile`), 0.2],
      [() => say(at, db, `${at19(at)} [Note] checkpoint finished, ${draw.int(10, 900)} pages`), 1],
    ])();
  if (broken)
    for (const at of rhythm(draw, story.begin, story.end, draw.int(60, 110))) {
      log.add(at, `${worker} exited with code 137`, 'proof');
      say(at + 3000, worker, `${at19(at + 3000)} INFO  worker starting, heap limit 512 MB`, 'effect');
    }
  else
    for (const [step, who] of [web, worker].entries()) {
      const at = story.begin + step * 20_000;
      say(at, who, `${at19(at)} INFO  SIGTERM received, finishing work`);
      log.add(at + 2500, `${who} exited with code 0`);
      say(at + 6000, who, `${at19(at + 6000)} INFO  starting, version 3.${draw.int(1, 30)}.0`);
    }
  return {
    kind: 'docker compose output',
    files: { 'compose.log': log },
    culprit: [worker, 'worker', `${world.service}-worker`, 'compose'],
    problem: ['137|exit|kill|memory|oom|restart'],
    lines: ['exited with code 137'],
    services: [web, worker, db],
    note: broken ? 'a worker is killed again and again' : 'a deployment',
  };
}

export const CONTAINERS: Family[] = [
  { name: 'kubelet-journal', make: kubelet },
  { name: 'cri', make: cri },
  { name: 'compose', make: compose },
];
