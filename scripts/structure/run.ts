// Measures the shape of the code: npm run structure -- [--compare DIR] [--root DIR] [--json] [--check | --update-exceptions]
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './measure.ts';
import { figureTable, listings } from './report.ts';
import { check, type Exceptions, neededExceptions } from './rules.ts';

const HELP = `npm run structure -- [options]

  --root DIR            measures another checkout
  --compare DIR         prints the figures of another checkout beside this one's
  --json                prints all that was measured as JSON
  --check               fails for what breaks a rule and is not in scripts/structure/exceptions.json
  --update-exceptions   rewrites that file from today's state; reasons that stand there are kept
`;

const EXCEPTIONS = join(import.meta.dirname, 'exceptions.json');

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: resolve(import.meta.dirname, '../..') },
    compare: { type: 'string' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'update-exceptions': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const readExceptions = (): Exceptions => JSON.parse(readFileSync(EXCEPTIONS, 'utf8'));

function main(): void {
  if (values.help) return void process.stdout.write(HELP);
  const structure = measure(resolve(values.root));
  if (values['update-exceptions']) {
    const needed = neededExceptions(structure, readExceptions());
    writeFileSync(EXCEPTIONS, `${JSON.stringify(needed, null, 2)}\n`);
  } else if (values.check) {
    const faults = check(structure, readExceptions());
    for (const fault of faults) console.error(fault);
    if (faults.length > 0) process.exitCode = 1;
  } else if (values.compare !== undefined) {
    const other = resolve(values.compare);
    const both = [
      [basename(other), measure(other)],
      [basename(resolve(values.root)), structure],
    ] as const;
    console.log(values.json ? JSON.stringify(Object.fromEntries(both), null, 2) : figureTable(both));
  } else if (values.json) console.log(JSON.stringify(structure, null, 2));
  else console.log(`${figureTable([['', structure]])}\n\n${listings(structure)}`);
}

main();
