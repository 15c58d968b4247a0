import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { Access } from './guard.ts';

/** Files of the sign-in page: they are served before anyone has signed in. */
const SIGN_IN: ReadonlySet<string> = new Set(['login.js', 'logo.svg', 'parts/strings.js', 'styles/base.css']);

/** Serves the console page, each file at its path below `page/`, and its font. Nothing comes from another server. */
export function addPageFiles(app: FastifyInstance): void {
  const page = join(import.meta.dirname, 'page');
  const fonts = join(
    dirname(createRequire(import.meta.url).resolve('pretendard/package.json')),
    'dist/web/variable',
  );
  app.register(fastifyStatic, {
    root: page,
    // Each file is a route of its own below, because each route says who may use it.
    serve: false,
    cacheControl: false,
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      // The browser asks each time (and gets a 304): after an upgrade no old script runs on a new page.
      reply.header('cache-control', path.startsWith(page) ? 'no-cache' : 'public, max-age=604800');
    },
  });
  const file = (path: string, name: string, access: Access): void => {
    app.get(path, { config: { access } }, async (_request, reply) => reply.sendFile(name));
  };
  for (const entry of readdirSync(page, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const name = relative(page, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    file(`/${name}`, name, SIGN_IN.has(name) ? 'anyone' : 'viewer');
  }
  file('/', 'index.html', 'viewer');
  file('/login', 'login.html', 'anyone');
  app.get<{ Params: { '*': string } }>('/fonts/*', { config: { access: 'anyone' } }, async (request, reply) =>
    reply.sendFile(request.params['*'], fonts),
  );
}
