import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWeb } from './harness.ts';

test('the page comes with a strict policy and its font from here', async () => {
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
