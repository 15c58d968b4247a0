// Writes the pages that are made from the source: npm run docs; with -- --check it fails where one of them is not up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commandsPage } from './commands-page.ts';
import { configPage } from './config-page.ts';
import { errorsPage } from './errors-page.ts';

const PAGES: Record<string, () => string> = {
  'docs/commands.md': () => commandsPage('en'),
  'docs/commands.ko.md': () => commandsPage('ko'),
  'docs/config.md': configPage,
  'docs/errors.md': errorsPage,
};

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
for (const [page, make] of Object.entries(PAGES)) {
  const file = join(resolve(import.meta.dirname, '../..'), page);
  const text = make();
  if (!values.check) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== text) {
    console.error(`${page} is not up to date: npm run docs`);
    process.exitCode = 1;
  }
}
