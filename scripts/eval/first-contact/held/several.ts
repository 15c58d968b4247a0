// A Korean application, a folder of services, a week, of the held-out group.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld, nextCall } from '../names.ts';
import { iso, stamp } from '../stamp.ts';
import { weeks } from '../weeks.ts';

const half = (at: number): string => (new Date(at).getUTCHours() < 12 ? '오전' : '오후');

/** The database does not answer, told in Korean. Healthy: single messages that are sent again. */
function korean(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [15, 30]);
  const log = new Log();
  const [name] = draw.pick([['알림'], ['정산'], ['배송'], ['주문']] as const);
  const say = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(
      at,
      `${stamp(at, '%Y-%m-%d')} ${half(at)} ${stamp(at, '%I:%M:%S')} [${level}] [${name}] ${text}`,
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 2.2)) {
    const failed = broken && story.on(at) && draw.chance(0.5);
    if (failed)
      say(
        at,
        '오류',
        `데이터베이스 연결에 실패했습니다: ${world.database} 서버가 응답하지 않습니다 (시간 초과 ${draw.pick([3000, 5000])}ms)`,
        'proof',
      );
    else say(at, '정보', `사용자 ${draw.int(1000, 99_999)} 요청을 처리했습니다 (${draw.int(8, 90)}ms)`);
    if (draw.chance(0.012))
      say(at + 900, '경고', `사용자 ${draw.int(1000, 99_999)} 메시지를 다시 보냅니다 (2번째 시도)`);
  }
  return {
    kind: 'Korean application, 오전/오후',
    files: { 'app.log': log },
    culprit: ['app', name, world.database, '데이터베이스', 'database'],
    problem: ['database|connect|timed? ?out|respon|데이터베이스|연결|응답|시간 초과'],
    lines: ['연결에 실패했습니다'],
    services: ['app'],
    note: broken ? 'the database does not answer' : 'single second tries',
  };
}

/** Three services: the site is loud, a worker cannot write: the store is full. Healthy: single slow uploads. */
function folder(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.5], [8, 15]);
  const [site, worker, store] = [new Log(), new Log(), new Log()];
  const requests = new Requests();
  for (const at of moments(draw, story.from, story.to, 1.2)) {
    const call = nextCall(draw, world);
    const failed = broken && story.on(at) && call.method === 'POST' && draw.chance(0.9);
    const status = failed ? 500 : draw.chance(0.001) ? 500 : call.status;
    site.add(
      at,
      `${draw.ip('203.0')} - - [${stamp(at, '%d/%b/%Y:%H:%M:%S')} +0000] "${call.method} ${call.path} HTTP/1.1" ${status} ${draw.int(100, 9000)} "-" "${call.agent}"`,
      failed ? 'effect' : undefined,
    );
    requests.see(status, call.endpoint);
    if (call.method !== 'POST') continue;
    worker.add(
      at + 4,
      failed
        ? JSON.stringify({
            time: iso(at + 4),
            level: 'WARN',
            msg: 'upload not accepted',
            target: 'objects',
            tries: 3,
          })
        : JSON.stringify({
            time: iso(at + 4),
            level: 'INFO',
            msg: 'upload stored',
            bytes: draw.int(1000, 90_000),
          }),
      failed ? 'effect' : undefined,
    );
    if (failed)
      store.add(
        at + 2,
        `${stamp(at + 2, '%Y-%m-%dT%H:%M:%S')} error objects: cannot append to volume ${draw.int(1, 4)}: no space left on device`,
        'proof',
      );
  }
  for (const at of rhythm(draw, story.from, story.to, 10))
    store.add(
      at,
      `${stamp(at, '%Y-%m-%dT%H:%M:%S')} info objects: compacted volume ${draw.int(1, 4)}, ${draw.int(1, 90)} segments`,
    );
  return {
    kind: 'folder of three services',
    files: { 'site.log': site, 'worker.json': worker, 'objects.log': store },
    culprit: ['objects', 'store', 'volume'],
    problem: ['space|disk|full|volume|append|enospc'],
    lines: ['no space left'],
    services: ['site', 'worker', 'objects'],
    requests,
    note: broken ? 'the object store is full; the site is loud' : 'single 500s',
  };
}

/** Four days of a shop: nights, and a nightly report. Broken: on the last day the orders stop, without an error. */
function week(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const HOUR = 3_600_000;
  const from = Date.UTC(2026, draw.int(0, 10), draw.int(1, 20));
  const to = from + 4 * 24 * HOUR - 2 * HOUR;
  const begin = to - 9 * HOUR;
  const log = new Log();
  const say = (at: number, level: string, text: string, tag?: 'proof'): void =>
    log.add(
      at,
      JSON.stringify({
        '@timestamp': iso(at),
        'log.level': level,
        message: text,
        'service.name': world.service,
        'ecs.version': '8.11.0',
      }),
      tag,
    );
  for (const at of moments(draw, from, to, 40)) {
    const hour = new Date(at).getUTCHours();
    if (!draw.chance(hour < 6 ? 0.1 : hour > 21 ? 0.4 : 1) || (broken && at > begin)) continue;
    say(at, 'INFO', `${world.thing.slice(0, -1)} ${draw.int(10_000, 99_999)} placed`);
    if (draw.chance(0.015))
      say(at + 40, 'WARN', `address of ${draw.int(10_000, 99_999)} could not be checked`);
  }
  for (const at of rhythm(draw, from, to, 300)) {
    const hour = new Date(at).getUTCHours();
    const none = broken && at > begin;
    say(
      at,
      'INFO',
      `${world.thing} placed in the last 5 minutes: ${none ? 0 : draw.int(1, hour < 6 ? 2 : 12)}`,
      none ? 'proof' : undefined,
    );
  }
  for (let day = 0; day < 4; day += 1)
    for (let n = 0; n < 300; n += 1)
      say(
        from + day * 24 * HOUR + 3 * HOUR + n * 900 + draw.int(0, 300),
        'INFO',
        `report line ${n + 1} of 300 written`,
      );
  return {
    kind: 'ECS json over four days',
    files: { [`${world.service}.json`]: log },
    culprit: [world.service],
    problem: [
      'silent|stopp|\\bno\\b|missing|drop|fell|fewer|less|quiet|traffic|no longer|ceased|absen|last 5 minutes',
    ],
    lines: ['in the last 5 minutes: 0'],
    services: [world.service],
    note: broken ? 'orders stop on the last day, without one error' : 'nights and a nightly report',
  };
}

/** Sixteen days of an access log: nights, weekends, a nightly check of all links. */
function fortnight(draw: Draw): Draft {
  const world = createWorld(draw);
  const log = new Log();
  const requests = new Requests();
  const { singles, nightly, weekly } = weeks(draw, 16);
  const say = (at: number, who: string, method: string, path: string, status: number): void =>
    log.add(
      at,
      `${who} - - [${stamp(at, '%d/%b/%Y:%H:%M:%S')} +0000] "${method} ${path} HTTP/2.0" ${status} ${draw.int(200, 9000)}`,
    );
  for (const at of singles) {
    const call = nextCall(draw, world);
    const status = draw.chance(0.001) ? 500 : call.status;
    say(at, draw.ip('203.0'), call.method, call.path, status);
    requests.see(status, call.endpoint);
  }
  for (const at of [...nightly, ...weekly])
    for (let n = 0; n < 150; n += 1) {
      const status = draw.chance(0.03) ? 404 : 200;
      say(at + n * 1100 + draw.int(0, 900), '10.0.0.9', 'HEAD', `/pages/${draw.int(1, 900)}`, status);
      requests.see(status, 'HEAD /pages/:id');
    }
  return {
    kind: 'common access log over sixteen days',
    files: { 'access.log': log },
    culprit: [],
    problem: [],
    lines: [],
    services: ['access'],
    requests,
    note: 'nights, weekends, a nightly check of links',
  };
}

export const SEVERAL: Family[] = [
  { name: 'korean', make: korean },
  { name: 'folder-store', make: folder },
  { name: 'week', make: week },
  { name: 'fortnight', only: 'healthy', make: fortnight },
];
