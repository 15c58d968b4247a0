import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWeb } from './harness.ts';

test('the page has a strict policy, and nothing outside its folder is served', async () => {
  await using server = await startWeb();
  const page = await fetch(`${server.address}/`);
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  const policy = page.headers.get('content-security-policy')!;
  assert.ok(policy.includes("script-src 'self'") && !policy.includes('unsafe-inline'));
  const html = await page.text();
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\son\w+=|https?:\/\//);
  assert.equal((await fetch(`${server.address}/../web.ts`)).status, 404);
  assert.equal((await fetch(`${server.address}/..%2fweb.ts`)).status, 404);
});

test('every file that the pages and their modules name is served, and the browser asks for it each time', async () => {
  await using server = await startWeb();
  const named = async (path: string): Promise<string[]> => {
    const response = await fetch(`${server.address}${path}`);
    assert.equal(response.status, 200, path);
    if (!path.startsWith('/fonts/')) assert.equal(response.headers.get('cache-control'), 'no-cache', path);
    const text = await response.text();
    return [...text.matchAll(/(?:src|href)="(\/[^"#]+)"|^import .* from '(\.[^']+)'/gm)].map(
      ([, address, specifier]) => address ?? new URL(specifier!, server.address + path).pathname,
    );
  };
  const known = new Set(['/', '/login']);
  // The set grows while its entries are read.
  for (const path of known)
    for (const next of path.endsWith('.css') || path.endsWith('.svg') ? [] : await named(path))
      known.add(next);
  for (const path of known) await named(path);
  assert.ok(known.has('/chat/commands.js') && known.has('/styles/paste.css'), [...known].join(' '));
});
