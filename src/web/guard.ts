import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RoleName } from '../config/incidents.ts';
import { AppError } from '../domain/errors.ts';
import type { Caller } from '../domain/question/console-room.ts';
import { HOUR } from '../domain/time/units.ts';
import { invalid, problem, sendProblem } from './problem.ts';

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);
const SIGNED_IN_MS = 12 * HOUR;
const SIGNED_IN = 'bongsu_signed_in';
const SESSION = 'bongsu_session';

/**
 * Who may use a route: the lowest role that may, or `anyone`, which needs no token (the sign-in page with its files, and
 * `/health`); `hook`, which asks for the secret of the hook itself.
 */
export type Access = RoleName | 'anyone' | 'hook';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Each route sets it where it is defined; a route without it cannot be added. */
    access?: Access;
  }
}

/** Whether this caller's role is at least `needs`, by the same rules as in chat. A refusal goes to the audit log. */
export type Permit = (caller: Caller, needs: RoleName, what: string) => Promise<boolean>;

const HEADERS: Record<string, string> = {
  // No inline script or style, and nothing from other servers. Charts are SVG pictures in data URLs.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Compares in a time that does not tell where they differ. */
export const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

function cookie(request: FastifyRequest, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

const hostName = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

/** Whether a browser sent this request for another site's page. Other programs send neither header. */
function crossSite(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin !== undefined) {
    if (!URL.canParse(origin)) return true;
    return new URL(origin).host !== host?.toLowerCase();
  }
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Whether the request has the token, or the cookie of a sign-in with it. Always true on a server without a token. */
export type SignedIn = (request: FastifyRequest) => boolean;

/** A route as it was added; for checks over all routes. */
export interface GuardedRoute {
  method: string | string[];
  url: string;
  access: Access;
}

/**
 * Decides for each request, before its route runs, whether it may:
 * on a server without a token the request must be addressed to a loopback name (an attack by DNS rebinding has another
 * name in `Host`);
 * on a server with one, every route that is not for `anyone` needs it (header `Authorization: Bearer`, or the cookie);
 * in both cases it must not come from another site's page, and the caller's role must allow it.
 * Call it before routes are added. Adding a route without `access` throws AppError `internal`.
 */
export function addGuard(
  app: FastifyInstance,
  token: string | undefined,
  permit: Permit,
): { signedIn: SignedIn; routes: readonly GuardedRoute[] } {
  const routes: GuardedRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    const access = config?.access;
    if (!access) throw new AppError('internal', `the route ${method} ${url} does not say who may use it`);
    routes.push({ method, url, access });
  });
  // The cookie holds its end, signed with the token: it stays valid after a restart, and not after a change of the token.
  const sign = (until: string): string =>
    createHmac('sha256', token ?? '')
      .update(`signed in until ${until}`)
      .digest('base64url');
  const signedIn: SignedIn = (request) => {
    if (!token) return true;
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return same(bearer, token);
    const [until, signature] = (cookie(request, SIGNED_IN) ?? '').split('.');
    return Boolean(until && signature) && Number(until) > Date.now() && same(signature!, sign(until!));
  };

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (!token && !LOOPBACK_HOSTS.has(hostName(request.headers.host ?? '')))
      return sendProblem(reply, problem(421, 'forbidden', 'This server answers only to loopback addresses.'));
    if (request.method !== 'GET' && request.method !== 'HEAD' && crossSite(request))
      return sendProblem(reply, problem(403, 'forbidden', 'Requests from other sites are refused.'));
    // Only a signed-in caller learns that a route does not exist; others get the same answer for all routes.
    const needs: Access = request.is404 ? 'viewer' : (request.routeOptions.config.access ?? 'admin');
    if (needs === 'anyone' || needs === 'hook') return;
    const path = request.url.split('?')[0]!;
    if (!signedIn(request)) {
      if (request.method === 'GET' && path === '/') return reply.redirect('/login');
      reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, problem(401, 'unauthorized', 'A token is needed: Authorization: Bearer ….'));
    }
    const session = sessionOf(request);
    if (needs === 'viewer' || (await permit({ session }, needs, `${request.method} ${path}`))) return;
    const who = session ? `this session ("${session}", or "console" for all of them)` : 'programs ("http")';
    return sendProblem(
      reply,
      problem(
        403,
        'forbidden',
        `This needs the role ${needs}. The server's configuration gives it: roles.${needs} has to name ${who}.`,
      ),
    );
  });

  app.post('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    const body = z.strictObject({ token: z.string().min(1).max(1_000) }).safeParse(request.body);
    if (!body.success) return sendProblem(reply, invalid(body.error));
    if (!token || !same(body.data.token, token))
      return sendProblem(reply, problem(401, 'unauthorized', 'This is not the token of this server.'));
    const until = String(Date.now() + SIGNED_IN_MS);
    reply.header(
      'set-cookie',
      `${SIGNED_IN}=${until}.${sign(until)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SIGNED_IN_MS / 1_000}`,
    );
    return reply.code(204).send();
  });
  app.post('/logout', { config: { access: 'anyone' } }, async (_request, reply) => {
    reply.header('set-cookie', `${SIGNED_IN}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
    return reply.code(204).send();
  });
  return { signedIn, routes };
}

/**
 * The public name of the browser's session; undefined before `startSession`. Answers for the asker alone are shown in
 * that session. The name is a hash of the cookie: others see it, in the audit log for example, and cannot use it.
 */
export function sessionOf(request: FastifyRequest): string | undefined {
  const value = cookie(request, SESSION);
  return value && /^[\w-]{22}$/.test(value) ? personOf(value) : undefined;
}

/** The public name of a session by its cookie's value. */
export const personOf = (secret: string): string =>
  createHash('sha256').update(`bongsu-session ${secret}`).digest('base64url').slice(0, 22);

/** The `Set-Cookie` value of a new session. */
export const startSession = (): string =>
  `${SESSION}=${randomBytes(16).toString('base64url')}; Path=/; HttpOnly; SameSite=Strict`;
