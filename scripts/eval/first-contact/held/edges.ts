// Proxies and edges of the held-out group.
import { type Draft, type Family, Log, Requests } from '../case.ts';
import { type Draw, moments, tell } from '../draw.ts';
import { createWorld, nextCall } from '../names.ts';
import { iso, stamp } from '../stamp.ts';

/** One router's backend refuses connections: 502. Healthy: single 502s while a backend is replaced. */
function traefik(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [8, 20]);
  const log = new Log();
  const requests = new Requests();
  for (const at of moments(draw, story.from, story.to, 1)) {
    const call = nextCall(draw, world);
    const router = call.path.includes(world.thing) ? `${world.service}@docker` : 'web@docker';
    const failed = broken && router !== 'web@docker' && story.on(at) && draw.chance(0.9);
    const single = router === 'web@docker' && draw.chance(0.004);
    const status = failed || single ? 502 : call.status;
    const nanos = Math.round((failed ? draw.around(1.1, 0.3) : draw.around(38, 15)) * 1e6);
    log.add(
      at,
      JSON.stringify({
        ClientHost: draw.ip('203.0'),
        DownstreamContentSize: draw.int(20, 9000),
        DownstreamStatus: status,
        Duration: nanos,
        OriginStatus: status,
        RequestHost: `shop.${world.domain}`,
        RequestMethod: call.method,
        RequestPath: call.path,
        RequestProtocol: 'HTTP/2.0',
        RetryAttempts: 0,
        RouterName: router,
        ServiceName: router.replace('@', '-svc@'),
        StartUTC: iso(at),
        entryPointName: 'websecure',
        level: 'info',
        msg: '',
        time: stamp(at, '%Y-%m-%dT%H:%M:%SZ'),
      }),
      failed ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint, nanos / 1e6);
  }
  return {
    kind: 'traefik json access log',
    files: { 'access.json': log },
    culprit: [
      'access',
      'traefik',
      world.service,
      `${world.service}@docker`,
      `${world.service}-svc@docker`,
      world.thing,
      `/api/${world.thing}`,
      `/api/${world.thing}/:id`,
      `shop.${world.domain}`,
    ],
    problem: ['502|5xx|bad gateway|server error|unavailable|upstream|refused'],
    lines: [`"DownstreamStatus":502.*"RouterName":"${world.service}@docker"`],
    services: ['access'],
    requests,
    note: broken ? "one router's backend is gone" : 'single 502s',
  };
}

/** The certificate ran out: handshakes fail, requests dwindle. Healthy: scanners' handshakes. */
function caddy(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [15, 30]);
  const log = new Log();
  const requests = new Requests();
  const site = `www.${world.domain}`;
  for (const at of moments(draw, story.from, story.to, 1.4)) {
    const late = broken && at > story.begin;
    if (late && draw.chance(0.8)) {
      if (draw.chance(0.5))
        log.add(
          at,
          JSON.stringify({
            level: 'error',
            ts: at / 1000,
            logger: 'http.stdlib',
            msg: `http: TLS handshake error from ${draw.ip('203.0')}:${draw.int(20_000, 60_000)}: remote error: tls: expired certificate`,
          }),
          'proof',
        );
      continue;
    }
    const call = nextCall(draw, world);
    const seconds = Math.round(draw.around(24, 9) * 1000) / 1e6;
    log.add(
      at,
      JSON.stringify({
        level: 'info',
        ts: at / 1000,
        logger: 'http.log.access.log0',
        msg: 'handled request',
        request: {
          remote_ip: draw.ip('203.0'),
          proto: 'HTTP/2.0',
          method: call.method,
          host: site,
          uri: call.path,
          headers: { 'User-Agent': [call.agent] },
        },
        bytes_read: 0,
        duration: seconds,
        size: draw.int(100, 9000),
        status: call.status,
      }),
    );
    requests.see(call.status, call.endpoint, seconds * 1000);
    if (draw.chance(0.01))
      log.add(
        at + 30,
        JSON.stringify({
          level: 'debug',
          ts: (at + 30) / 1000,
          logger: 'http.stdlib',
          msg: `http: TLS handshake error from 198.51.100.${draw.int(1, 250)}:${draw.int(20_000, 60_000)}: EOF`,
        }),
      );
  }
  if (broken)
    for (const step of [0, 1, 2])
      log.add(
        story.begin + step * 60_000,
        JSON.stringify({
          level: 'error',
          ts: (story.begin + step * 60_000) / 1000,
          logger: 'tls.renew',
          msg: 'could not get certificate from issuer',
          identifier: site,
          error: `certificate for ${site} expired: HTTP 403 urn:ietf:params:acme:error:unauthorized`,
        }),
        'proof',
      );
  return {
    kind: 'caddy json',
    files: { 'caddy.log': log },
    culprit: ['caddy', site, 'tls.renew', 'http.stdlib', 'tls', world.domain],
    problem: ['certificate|tls|expired|handshake'],
    lines: ['expired certificate', 'could not get certificate'],
    services: ['caddy'],
    requests,
    note: broken ? 'the certificate could not be renewed' : 'handshakes of scanners end early',
  };
}

/** One page's time-taken grows, all answers 200. Healthy: an evening; a crawler. */
function iis(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [25, 40]);
  const log = new Log();
  const requests = new Requests();
  let at = story.from;
  while (at < story.to) {
    at += Math.round(
      -Math.log(1 - draw.next()) *
        1200 *
        (broken ? 1 : 1 + (3 * (at - story.from)) / (story.to - story.from)),
    );
    if (at >= story.to) break;
    const call = nextCall(draw, world);
    const slow = broken && story.on(at) && call.endpoint === `GET /api/${world.thing}/:id`;
    const status = draw.chance(0.0008) ? 500 : call.status;
    const taken = slow ? draw.int(2000, 9000) : Math.round(draw.around(70, 25));
    log.add(
      at,
      `${stamp(at, '%Y-%m-%d %H:%M:%S')} 10.0.0.8 ${call.method} ${call.path} - 443 - ${draw.ip('203.0')} ${call.agent.replaceAll(' ', '+')} - ${status} 0 0 ${taken}`,
      slow ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint, taken);
  }
  return {
    kind: 'IIS W3C extended',
    files: { 'u_ex.log': log },
    header: `#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: ${stamp(story.from, '%Y-%m-%d %H:%M:%S')}\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n`,
    culprit: [
      'u_ex',
      'iis',
      'w3svc',
      world.thing,
      `/api/${world.thing}/:id`,
      `GET /api/${world.thing}/:id`,
      `/api/${world.thing}`,
      '10.0.0.8',
    ],
    problem: ['slow|latency|response time|duration|time.taken|took|\\bms\\b|seconds'],
    lines: [' 0 0 [2-9]\\d{3}$'],
    services: ['u_ex'],
    requests,
    note: broken ? 'one page slows down, no error at all' : 'the evening quiets down',
  };
}

/** A circuit breaker overflows: 503 UO. Healthy: single resets that are tried again. */
function envoy(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.6], [8, 18]);
  const log = new Log();
  const requests = new Requests();
  for (const at of moments(draw, story.from, story.to, 0.9)) {
    const call = nextCall(draw, world);
    const over = broken && story.on(at) && call.path.includes(world.thing) && draw.chance(0.7);
    const reset = !over && draw.chance(0.001);
    const status = over || reset ? 503 : call.status;
    const ms = over ? 0 : Math.round(draw.around(28, 10));
    log.add(
      at,
      `[${iso(at)}] "${call.method} ${call.path} HTTP/1.1" ${status} ${over ? 'UO' : reset ? 'UC' : '-'} 0 ${over ? 81 : draw.int(100, 9000)} ${ms} ${over ? '-' : Math.max(ms - 1, 0)} "${draw.ip('203.0')}" "${call.agent}" "${draw.hex(8)}-${draw.hex(4)}-4${draw.hex(3)}-9${draw.hex(3)}-${draw.hex(12)}" "${world.service}.${world.domain}" "${over ? '-' : `${draw.ip()}:8080`}"`,
      over ? 'proof' : undefined,
    );
    requests.see(status, call.endpoint, ms);
  }
  return {
    kind: 'envoy default access log',
    files: { 'envoy.log': log },
    culprit: [
      'envoy',
      world.service,
      `${world.service}.${world.domain}`,
      world.thing,
      `/api/${world.thing}`,
      `/api/${world.thing}/:id`,
    ],
    problem: ['503|5xx|overflow|unavailable|server error|limit|UO\\b'],
    lines: ['" 503 UO '],
    services: ['envoy'],
    requests,
    note: broken ? 'a circuit breaker overflows' : 'single resets',
  };
}

/** No name can be resolved any more. Healthy: denied and missing pages all day. */
function squid(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.2, 2], [10, 20]);
  const log = new Log();
  const requests = new Requests();
  const hosts = Array.from({ length: 30 }, (_, n) => `site${n}.${draw.pick(['example.com', 'example.net'])}`);
  for (const at of moments(draw, story.from, story.to, 1.1)) {
    const failed = broken && story.on(at) && draw.chance(0.85);
    const denied = !failed && draw.chance(0.02);
    const status = failed ? 503 : denied ? 403 : draw.chance(0.03) ? 404 : 200;
    const hit = !failed && !denied && draw.chance(0.4);
    const ms = failed ? draw.int(1, 6) : hit ? draw.int(0, 9) : Math.round(draw.around(160, 60));
    const code = failed ? 'NONE' : denied ? 'TCP_DENIED' : hit ? 'TCP_HIT' : 'TCP_MISS';
    const host = draw.pick(hosts);
    const path = `/assets/${draw.int(1, 900)}`;
    log.add(
      at,
      `${(at / 1000).toFixed(3)} ${String(ms).padStart(6)} ${draw.ip()} ${code}/${status} ${draw.int(300, 90_000)} GET http://${host}${path} - ${failed || denied ? 'HIER_NONE/-' : hit ? 'HIER_NONE/-' : `HIER_DIRECT/${draw.ip('203.0')}`} ${failed || denied ? 'text/html' : 'image/png'}`,
      failed ? 'proof' : undefined,
    );
    requests.see(status, undefined, ms);
  }
  return {
    kind: 'squid native access log',
    files: { 'squid.log': log },
    culprit: ['squid', world.host],
    problem: ['503|5xx|dns|resol|unavailable|server error|unreachable'],
    lines: ['NONE/503'],
    services: ['squid'],
    requests,
    note: broken ? 'nothing can be reached any more' : 'denied and missing pages at a steady rate',
  };
}

export const EDGES: Family[] = [
  { name: 'traefik', make: traefik },
  { name: 'caddy', make: caddy },
  { name: 'iis', make: iis },
  { name: 'envoy', make: envoy },
  { name: 'squid', make: squid },
];
