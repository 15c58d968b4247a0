import assert from 'node:assert/strict';
import { request as plainRequest } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import Fastify from 'fastify';
import type { StateStore } from '../../src/backends/state/store.ts';
import { createPermit } from '../../src/bot/console/permit.ts';
import { parseConfig } from '../../src/config/config.ts';
import { ROLE_NAMES, type RoleName } from '../../src/config/incidents.ts';
import { type Access, addGuard, personOf } from '../../src/web/guard.ts';
import { postJson, rawGet, startWeb } from './harness.ts';

const TOKEN = 'a-token-of-enough-length';
const SECRET = 'abcdefghijklmnopqrstuv';
const SESSION = personOf(SECRET);
const cookie = `bongsu_session=${SECRET}`;

/** A whole server that counts what it does; `roles` as in the configuration. */
async function guarded(roles: object, token: string | null = TOKEN) {
  const acts: string[] = [];
  const refused: unknown[] = [];
  const state = {
    commit: async ({ put = [] }) => {
      refused.push(...put);
      return 'done';
    },
  } as Pick<StateStore, 'commit'>;
  const server = await startWeb(
    {
      permit: createPermit({ state, roles: parseConfig({ roles }).roles, keepDays: 1 }),
      replay: async () => {
        acts.push('replay');
        return { lines: 1 };
      },
      fineTune: async ({ by }) => {
        acts.push(`fine-tune ${by.session ?? 'program'}`);
        return { id: 'job-1' };
      },
      findReport: async () => undefined,
      ...(token ? { config: parseConfig({ http: { port: 0 } }, { BONGSU_TOKEN: token }) } : {}),
    },
    {},
  );
  return { ...server, acts, refused, [Symbol.asyncDispose]: () => server.web.stop() };
}

/** The status alone. A stream is closed at once. */
async function statusOf(
  address: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  const gone = new AbortController();
  const response = await fetch(address + path, {
    method,
    headers: { ...headers, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
    ...(method === 'POST' ? { body: '{}' } : {}),
    redirect: 'manual',
    signal: gone.signal,
  });
  if (/event-stream/.test(response.headers.get('content-type') ?? '') && method === 'GET') gone.abort();
  else await response.arrayBuffer();
  return response.status;
}

const rank = (access: Access): number =>
  access === 'anyone' || access === 'hook' ? -1 : ROLE_NAMES.indexOf(access);

/** The role of each caller; undefined: not signed in. */
const CALLERS: [who: string, roles: object, headers: Record<string, string>, may: RoleName | undefined][] = [
  ['nobody', {}, {}, undefined],
  ['a wrong token', {}, { authorization: 'Bearer not-the-token-of-it' }, undefined],
  ['a session without the token', { admin: [SESSION] }, { cookie }, undefined],
  ['a forged sign-in', { admin: ['http'] }, { cookie: 'bongsu_signed_in=9999999999999.AAAA' }, undefined],
  ['a program where nobody is named', {}, { authorization: `Bearer ${TOKEN}` }, 'admin'],
  ...ROLE_NAMES.flatMap((role): typeof CALLERS => [
    [
      `a program, ${role}`,
      { admin: ['U1'], [role]: ['http', 'U1'] },
      { authorization: `Bearer ${TOKEN}` },
      role,
    ],
    [
      `a session, ${role}`,
      { admin: ['U1'], [role]: [SESSION, 'U1'] },
      { authorization: `Bearer ${TOKEN}`, cookie },
      role,
    ],
    [
      `any session of the console, ${role}`,
      { admin: ['U1'], [role]: ['console', 'U1'] },
      { authorization: `Bearer ${TOKEN}`, cookie },
      role,
    ],
  ]),
  ['a program that is not named', { responder: ['slack'] }, { authorization: `Bearer ${TOKEN}` }, 'viewer'],
  ['a session that is not named', { admin: ['U1'] }, { authorization: `Bearer ${TOKEN}`, cookie }, 'viewer'],
];

test('every route asks for its role, with every kind of caller', async (t) => {
  for (const [who, roles, headers, may] of CALLERS)
    await t.test(who, async () => {
      await using server = await guarded(roles);
      let asked = 0;
      for (const { method, url, access } of server.web.routes)
        for (const one of [method].flat()) {
          const path = url.replace(/:\w+|\*/, 'x');
          const status = await statusOf(server.address, one, path, headers);
          const said = `${one} ${path} (${access}): ${status}`;
          asked += 1;
          // Whoever calls: a hook asks for its own secret, which none of them has.
          if (access === 'hook') assert.equal(status, 403, said);
          else if (access !== 'anyone' && !may)
            assert.equal(status, path === '/' && one === 'GET' ? 302 : 401, said);
          else if (rank(access) > rank(may ?? 'viewer')) assert.equal(status, 403, said);
          else assert.ok(status !== 403 && (status !== 401 || path === '/login'), said);
        }
      assert.ok(asked > 40, String(asked));
      assert.equal(server.acts.length, may === 'admin' ? 2 : 0, server.acts.join());
      assert.equal(server.refused.length, may && may !== 'admin' ? 2 : 0, 'what is refused is noted');
    });
});

test('routes that change something, and who may use them: a new one has to be put on this list', async () => {
  await using server = await guarded({});
  const changing = server.web.routes
    .filter(({ method }) => [method].flat().some((one) => one !== 'GET' && one !== 'HEAD'))
    .map(({ method, url, access }) => `${[method].flat().join()} ${url} ${access}`);
  assert.deepEqual(changing.sort(), [
    // It only asks; every role may.
    'POST /analyze viewer',
    // It shows an incident to who wants to see it; every role may.
    'POST /api/incidents/thread viewer',
    // The chat behind these two checks each command and button.
    'POST /api/press viewer',
    'POST /api/say viewer',
    'POST /fine-tune admin',
    'POST /login anyone',
    'POST /logout anyone',
    'POST /replay admin',
    // Each hook has a secret of its own.
    'POST,PUT /hooks/:name hook',
  ]);
  assert.deepEqual(
    server.web.routes
      .filter(({ access, method }) => access === 'anyone' && method === 'GET')
      .map(({ url }) => url)
      .sort(),
    ['/fonts/*', '/health', '/login', '/login.js', '/logo.svg', '/parts/strings.js', '/styles/base.css'],
  );
});

test('a viewer finds no other way in', async () => {
  await using server = await guarded({ admin: ['U1'] });
  const headers = { authorization: `Bearer ${TOKEN}`, cookie };
  for (const path of [
    '/replay?x=1',
    '/%72eplay',
    '/replay/',
    '//replay',
    '/REPLAY',
    '/x/../replay',
    '/fonts/../replay',
    '/replay%2f',
    '/fonts/%2e%2e/replay',
    '/replay;a=1',
  ])
    await statusOf(server.address, 'POST', path, headers);
  await statusOf(server.address, 'POST', '/api/say', {
    ...headers,
    'x-http-method-override': 'POST',
    'x-original-url': '/replay',
  });
  for (const method of ['PUT', 'PATCH', 'DELETE', 'HEAD', 'GET'])
    await statusOf(server.address, method, '/replay', headers);
  // Neither over an upgraded connection nor behind another request on the same connection.
  const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
  const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nCookie: ${cookie}\r\n`;
  socket.write(
    `GET /api/events HTTP/1.1\r\n${head}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n` +
      `POST /replay HTTP/1.1\r\n${head}Content-Length: 0\r\nConnection: close\r\n\r\n`,
  );
  await new Promise((done) => socket.once('data', done));
  socket.destroy();
  assert.deepEqual(server.acts, []);
});

test('files of the page are no way to other files', async () => {
  await using server = await guarded({});
  for (const path of [
    '/fonts/../package.json',
    '/fonts/%2e%2e/%2e%2e/package.json',
    '/fonts/..%2f..%2fpackage.json',
    '/..%2fweb.ts',
    '/%2e%2e/web.ts',
    '/fonts//etc/passwd',
  ]) {
    const status = await new Promise<number>((done, fail) => {
      const { hostname, port } = new URL(server.address);
      plainRequest({ hostname, port, path, headers: { authorization: `Bearer ${TOKEN}` } }, (response) => {
        response.resume();
        done(response.statusCode!);
      })
        .on('error', fail)
        .end();
    });
    assert.ok(status >= 400, `${path}: ${status}`);
  }
  for (const name of ['', 'login', 'console.js', 'chat/message.js', 'fonts/pretendardvariable.css'])
    assert.equal(
      await statusOf(server.address, 'GET', `/${name}`, { authorization: `Bearer ${TOKEN}` }),
      200,
      name,
    );
});

test('a route that does not say who may use it cannot be added', () => {
  const app = Fastify();
  addGuard(app, undefined, async () => true);
  assert.throws(() => app.get('/anything', async () => 1), { code: 'internal' });
  assert.throws(() => app.route({ method: ['POST'], url: '/other', handler: async () => 1, config: {} }), {
    code: 'internal',
  });
  app.get('/open', { config: { access: 'viewer' } }, async () => 1);
});

test('roles also count on a server without a token', async () => {
  await using server = await guarded({ admin: ['U1'] }, null);
  for (const headers of [{ cookie }, {}] as Record<string, string>[])
    for (const path of ['/replay', '/fine-tune'])
      assert.equal(await statusOf(server.address, 'POST', path, headers), 403);
  assert.deepEqual(server.acts, []);
});

test('without a token only loopback names are answered and other sites may not post', async () => {
  await using server = await startWeb();
  assert.equal(await rawGet(`${server.address}/health`, { host: 'evil.example:8083' }), 421);
  assert.equal(await rawGet(`${server.address}/health`, { host: 'localhost:8083' }), 200);
  const from = (headers: Record<string, string>) =>
    postJson(`${server.address}/analyze`, { text: 'x' }, headers).then((response) => response.status);
  assert.equal(await from({ origin: 'http://evil.example' }), 403);
  assert.equal(await from({ origin: 'null' }), 403);
  assert.equal(await from({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await from({ origin: server.address }), 200);
});

test('with a token everything but health needs it', async () => {
  await using server = await startWeb({}, { BONGSU_TOKEN: TOKEN });
  const status = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.address}${path}`, { headers, redirect: 'manual' }).then((response) => response.status);
  assert.equal(await status('/metrics'), 401);
  assert.equal(await status('/metrics', { authorization: `Bearer ${TOKEN}x` }), 401);
  assert.equal(await status('/metrics', { authorization: `Bearer ${TOKEN}` }), 200);
  assert.equal(await status('/'), 302);
  assert.equal(await status('/login'), 200);
  assert.equal(await status('/fonts/pretendardvariable-dynamic-subset.css'), 200);
  const health = await (await fetch(`${server.address}/health`)).text();
  assert.ok(health.includes('sqlite') && !health.includes('12 records'), 'details only for those signed in');
  assert.equal((await postJson(`${server.address}/analyze`, { text: 'x' })).status, 401);

  assert.equal((await postJson(`${server.address}/login`, { token: 'wrong-wrong-wrong' })).status, 401);
  const signedIn = await postJson(`${server.address}/login`, { token: TOKEN });
  assert.equal(signedIn.status, 204);
  const cookie = signedIn.headers.get('set-cookie')!;
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.ok(!cookie.includes(TOKEN));
  assert.equal(await status('/metrics', { cookie: cookie.split(';')[0]! }), 200);
  const forged = cookie.split(';')[0]!.replace(/=(\d+)/, (_all, until) => `=${Number(until) + 1}`);
  assert.equal(await status('/metrics', { cookie: forged }), 401);
});
