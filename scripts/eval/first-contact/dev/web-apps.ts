// Web applications: Rails, Django, Laravel with PHP-FPM, a Go service with logfmt.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld, nextCall, type World } from '../names.ts';
import { stamp } from '../stamp.ts';

const STATUS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  304: 'Not Modified',
  404: 'Not Found',
  500: 'Internal Server Error',
};

/** Updates wait for a lock until they are given up. Healthy: crawlers' routing errors, told as fatal. */
function rails(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.5], [6, 14]);
  const log = new Log();
  const requests = new Requests();
  const pid = draw.int(100, 9000);
  const controller = `${world.thing2[0]!.toUpperCase()}${world.thing2.slice(1)}Controller`;
  const say = (at: number, level: string, id: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(
      at,
      `${level[0]}, [${stamp(at, '%Y-%m-%dT%H:%M:%S.%f')} #${pid}] ${level.padStart(5)} -- : [${id}] ${text}`,
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 3)) {
    const call = nextCall(draw, world);
    const id = `${draw.hex(8)}-${draw.hex(4)}-4${draw.hex(3)}-${draw.hex(12)}`;
    const locked = broken && call.method === 'PUT' && story.on(at);
    const status = locked ? 500 : call.status;
    const ms = locked ? draw.int(50_004, 50_060) : Math.round(draw.around(60, 25));
    say(
      at,
      'INFO',
      id,
      `Started ${call.method} "${call.path}" for ${draw.ip('203.0')} at ${stamp(at, '%Y-%m-%d %H:%M:%S')} +0000`,
    );
    requests.see(status, call.endpoint, status === 404 ? undefined : ms);
    if (status === 404) {
      say(at + 2, 'FATAL', id, `\nActionController::RoutingError (No route matches [GET] "${call.path}"):`);
      continue;
    }
    say(
      at + 1,
      'INFO',
      id,
      `Processing by ${call.method === 'PUT' ? `${controller}#update` : 'ApiController#show'} as JSON`,
    );
    say(
      at + ms,
      'INFO',
      id,
      `Completed ${status} ${STATUS[status]} in ${ms}ms (ActiveRecord: ${Math.round(ms * 0.6)}.${draw.int(0, 9)}ms | Allocations: ${draw.int(900, 9000)})`,
      locked ? 'effect' : undefined,
    );
    if (locked)
      say(
        at + ms + 1,
        'FATAL',
        id,
        `\nActiveRecord::LockWaitTimeout (Mysql2::Error::TimeoutError: Lock wait timeout exceeded; try restarting transaction):\n\napp/models/${world.thing2.slice(0, -1)}.rb:${draw.int(20, 90)}:in 'block in reserve'\napp/controllers/${world.thing2}_controller.rb:31:in 'update'`,
        'proof',
      );
  }
  return {
    kind: 'rails production log',
    files: { 'production.log': log },
    culprit: [
      'production',
      'rails',
      controller,
      world.thing2,
      'mysql',
      'mysql2',
      'database',
      `/api/${world.thing2}/:id`,
      `PUT /api/${world.thing2}/:id`,
      world.thing2.slice(0, -1),
    ],
    problem: ['lock|timeout|database|transaction'],
    lines: ['LockWaitTimeout|Lock wait timeout'],
    services: ['production'],
    requests,
    note: broken ? 'updates wait 50 s for a lock' : 'routing errors of crawlers',
  };
}

/** A host name cannot be resolved any more. Healthy: single errors of users' input. */
function django(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [5, 15]);
  const log = new Log();
  const requests = new Requests();
  const db = `db.${world.domain}`;
  for (const at of moments(draw, story.from, story.to, 2)) {
    const call = nextCall(draw, world);
    const failed = broken && story.on(at) && call.path.startsWith('/api') && draw.chance(0.9);
    const status = failed ? 500 : call.status;
    if (failed)
      log.add(
        at - 3,
        `ERROR ${stamp(at - 3, '%Y-%m-%d %H:%M:%S,%L')} log Internal Server Error: ${call.path}\nTraceback (most recent call last):\n  File "/usr/lib/python3.12/site-packages/django/db/backends/base/base.py", line 275, in ensure_connection\n    self.connect()\n  File "/srv/${world.service}/views.py", line ${draw.int(30, 60)}, in get\n    row = ${world.thing}.objects.first()\ndjango.db.utils.OperationalError: could not translate host name "${db}" to address: Temporary failure in name resolution`,
        'proof',
      );
    else if (draw.chance(0.008))
      log.add(
        at - 3,
        `ERROR ${stamp(at - 3, '%Y-%m-%d %H:%M:%S,%L')} exception Invalid HTTP_HOST header: '203.0.113.${draw.int(1, 200)}'. You may need to add '203.0.113.9' to ALLOWED_HOSTS.`,
      );
    else if (status === 404)
      log.add(at - 1, `WARNING ${stamp(at - 1, '%Y-%m-%d %H:%M:%S,%L')} log Not Found: ${call.path}`);
    log.add(
      at,
      `INFO ${stamp(at, '%Y-%m-%d %H:%M:%S,%L')} basehttp "${call.method} ${call.path} HTTP/1.1" ${status} ${draw.int(20, 9000)}`,
      failed ? 'effect' : undefined,
    );
    requests.see(status, call.endpoint);
  }
  return {
    kind: 'django',
    files: { 'django.log': log },
    culprit: ['django', world.service, db, 'db', 'database', 'postgres', 'postgresql', 'log'],
    problem: ['resol|dns|translate host|host name|database|OperationalError|unknown host'],
    lines: ['name resolution', 'could not translate host name', 'Internal Server Error'],
    services: ['django'],
    requests,
    note: broken ? 'the name of the database cannot be resolved' : 'foreign Host headers and 404s',
  };
}

/** All PHP workers are busy. Healthy: a child replaced now and then. */
function laravel(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2], [10, 20]);
  const [app, fpm] = [new Log(), new Log()];
  const limit = draw.pick([20, 30, 50, 80]);
  for (const at of moments(draw, story.from, story.to, 3.5)) {
    const waits = broken && story.on(at) && draw.chance(0.3);
    const text = waits
      ? `production.WARNING: Request to /${world.thing} waited ${draw.int(8, 29)} s for a worker`
      : draw.weigh([
          [
            `production.INFO: ${world.thing.slice(0, -1)} ${draw.int(1000, 9999)} stored {"user":${draw.int(1, 900)}}`,
            20,
          ],
          [`production.INFO: Mail queued {"to":"user${draw.int(1, 900)}@${world.domain}"}`, 5],
          [
            `production.NOTICE: Coupon ${draw.hex(6).toUpperCase()} is not valid any more {"user":${draw.int(1, 900)}}`,
            1,
          ],
        ]);
    app.add(at, `[${stamp(at, '%Y-%m-%d %H:%M:%S')}] ${text} `, waits ? 'effect' : undefined);
  }
  let child = 4000;
  for (const at of rhythm(draw, story.from, story.to, 45)) {
    child += draw.int(1, 9);
    fpm.add(
      at,
      `[${stamp(at, '%d-%b-%Y %H:%M:%S')}] NOTICE: [pool www] child ${child} exited with code 0 after ${draw.int(900, 4000)}.${draw.int(100_000, 999_999)} seconds from start`,
    );
    fpm.add(at + 3, `[${stamp(at + 3, '%d-%b-%Y %H:%M:%S')}] NOTICE: [pool www] child ${child + 1} started`);
  }
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 60)) {
      fpm.add(
        at,
        `[${stamp(at, '%d-%b-%Y %H:%M:%S')}] WARNING: [pool www] server reached pm.max_children setting (${limit}), consider raising it`,
        'proof',
      );
    }
  if (broken)
    fpm.add(
      story.begin,
      `[${stamp(story.begin, '%d-%b-%Y %H:%M:%S')}] WARNING: [pool www] server reached pm.max_children setting (${limit}), consider raising it`,
      'proof',
    );
  return {
    kind: 'laravel and php-fpm, two files',
    files: { 'laravel.log': app, 'php-fpm.log': fpm },
    culprit: ['php-fpm', 'fpm', 'www', 'pool www', 'php'],
    problem: ['max_children|limit|worker|pool|exhaust|busy|children'],
    lines: ['max_children'],
    services: ['laravel', 'php-fpm'],
    note: broken ? 'no free worker' : 'children replaced, coupons refused',
  };
}

const logfmt = (at: number, level: string, msg: string, more: string): string =>
  `time="${stamp(at, '%Y-%m-%dT%H:%M:%SZ')}" level=${level} msg="${msg}" ${more}`;

/** After a deployment all tokens are refused: the secret is another one. Healthy: single expired tokens, a deployment. */
function logrus(draw: Draw, broken: boolean): Draft {
  const world: World = createWorld(draw);
  const story = tell(draw, [1, 2], [12, 25]);
  const log = new Log();
  const requests = new Requests();
  for (const at of moments(draw, story.from, story.to, 1.5)) {
    const call = nextCall(draw, world);
    const refused = broken && at > story.begin + 20_000 && call.path.startsWith('/api') && draw.chance(0.95);
    const status = refused ? 401 : draw.chance(0.004) ? 401 : call.status;
    const ms = Math.round(draw.around(24, 9) * 100) / 100;
    if (refused)
      log.add(
        at - 2,
        logfmt(
          at - 2,
          'error',
          'token rejected',
          `error="signature is invalid" issuer=${world.domain} kid=${draw.hex(8)}`,
        ),
        'proof',
      );
    else if (status === 401)
      log.add(
        at - 2,
        logfmt(at - 2, 'warning', 'token rejected', `error="token is expired" issuer=${world.domain}`),
      );
    log.add(
      at,
      logfmt(
        at,
        'info',
        'handled',
        `method=${call.method} path=${call.path} status=${status} duration=${ms}ms remote=${draw.ip()}`,
      ),
      refused ? 'effect' : undefined,
    );
    requests.see(status, call.endpoint, ms);
  }
  const at = story.begin;
  log.add(at, logfmt(at, 'info', 'shutting down', 'signal=SIGTERM'));
  log.add(
    at + 4000,
    logfmt(
      at + 4000,
      'info',
      'starting',
      `version=1.${draw.int(10, 60)}.0 config=/etc/${world.service}/config.yaml`,
    ),
  );
  log.add(at + 4800, logfmt(at + 4800, 'info', 'listening', 'addr=:8080'));
  return {
    kind: 'logrus logfmt',
    files: { [`${world.service}.log`]: log },
    culprit: [world.service, world.domain, 'auth', 'token'],
    problem: ['token|signature|auth|401|unauthori|rejected|secret|credential|denied'],
    lines: ['signature is invalid'],
    services: [world.service],
    requests,
    note: broken ? 'another secret since the deployment' : 'a deployment; single expired tokens',
  };
}

export const WEB_APPS: Family[] = [
  { name: 'rails', make: rails },
  { name: 'django', make: django },
  { name: 'laravel-fpm', make: laravel },
  { name: 'logrus', make: logrus },
];
