import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { configPage, describeFields } from '../scripts/docs/config-page.ts';
import { errorsPage } from '../scripts/docs/errors-page.ts';
import { missingPaths } from '../scripts/docs/paths.ts';
import { FIELD_VARIABLES, VARIABLES } from '../src/config/environment.ts';
import { ERROR_CODES } from '../src/domain/errors.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');

test('docs/config.md and docs/errors.md are what the source says: npm run docs', () => {
  assert.equal(read('docs/config.md'), configPage());
  assert.equal(read('docs/errors.md'), errorsPage());
  for (const name of ERROR_CODES) assert.ok(errorsPage().includes(`| \`${name}\` |`), name);
});

test('every variable is on the page of the configuration, and every field it names is one', () => {
  const page = configPage();
  for (const name of VARIABLES) assert.ok(page.includes(`\`${name}\``), name);
  for (const { path, variable, passwordOnly } of FIELD_VARIABLES)
    if (!passwordOnly) {
      const row = page
        .split('\n')
        .find((line) =>
          line.replace(/^(\| `(?:bus|logs|state|queue))\[\w+\]/, '$1').startsWith(`| \`${path}\` |`),
        );
      assert.ok(row?.includes(`\`${variable}\``), `${path} ${variable}`);
    }
});

test('fields of lists, kinds, tables by name and unions', () => {
  const schema = z.strictObject({
    list: z
      .array(z.strictObject({ size: z.int().min(1).max(5).describe('How large.') }))
      .default([])
      .describe('Some.'),
    prices: z.record(z.string(), z.strictObject({ usd: z.number().min(0) })).optional(),
    kinds: z.array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('a').describe('First.') }),
        z.strictObject({ kind: z.literal('b'), url: z.url().optional() }),
      ]),
    ),
    one: z.union([z.enum(['x', 'y']), z.array(z.string())]).optional(),
    most: z.number().positive().nullable().default(null),
  });
  assert.deepEqual(
    describeFields(schema).map((field) => Object.values(field).join(' / ')),
    [
      'list / list of sections / `[]` / Some.',
      'list[].size / integer, 1 to 5 / required / How large.',
      'prices / sections by name / – / ',
      'prices.*.usd / number, at least 0 / required / ',
      'kinds / list of sections / required / ',
      'kinds[a].kind / `"a"` / required / First.',
      'kinds[b].kind / `"b"` / required / ',
      'kinds[b].url / address (URL) / – / ',
      'one / `"x"`, `"y"`, or list of text / – / ',
      'most / number, above 0, or null / `null` / ',
    ],
  );
});

test('every path the pages name exists', () => {
  for (const page of globSync('{*.md,docs/*.md}', { cwd: root }))
    assert.deepEqual(missingPaths(read(page), root), [], page);
});

test('the page of the architecture can be read in one sitting', () => {
  const lines = read('ARCHITECTURE.md').trimEnd().split('\n');
  assert.ok(lines.length <= 250, `${lines.length} lines`);
  assert.deepEqual(
    lines.filter((line) => line.length > 160),
    [],
  );
});

test('paths are found in backticks, links and trees of folders', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-docs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const path of ['src/bot', 'test', 'scripts', 'docs', 'prompts', 'bin'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'src/bot/outbox.ts'), '');
  const page = `# Page
\`bot/outbox\`, \`src/bot/outbox.ts\`, \`outbox.ts\`, \`bot/\` and [there](src/bot) exist; \`bot/inbox\`, \`inbox.ts\` and [this](docs/gone.md#part)
do not. \`POST /analyze\`, \`/health\`, \`@slack/bolt\`, \`--root\`, \`a.b.c\`, [that](https://example.com/x.md) are no paths.

\`\`\`
src/
  bot/           the bot
    outbox.ts    what is sent
    lane.ts      gone
  web/           gone, too
\`\`\`

\`\`\`json
{ "file": "none.ts" }
\`\`\`
`;
  assert.deepEqual(missingPaths(page, folder), [
    'bot/inbox',
    'docs/gone.md',
    'inbox.ts',
    'src/bot/lane.ts',
    'src/web/',
  ]);
});
