// Installs real servers for the engine tests, in a cache folder outside the checkout.
// Usage: node test/engines/provision.ts [--list] [NAME…]      (no name: all of them)
import { pathToFileURL } from 'node:url';
import { cacheRoot, ENGINES, type EngineName, missing } from './provision.layout.ts';
import { RECIPES } from './provision.recipes.ts';
import type { Log } from './provision.shell.ts';

export type Provisioned = { name: EngineName; seconds: number; version: string; skipped?: string };

/**
 * Installs the named engines one after another, in the order that is quickest to be useful. Running it again costs
 * next to nothing. An engine that cannot be had here is reported with the reason and does not stop the others.
 */
export async function provision(
  names: readonly EngineName[] = ENGINES,
  log: Log = () => {},
): Promise<Provisioned[]> {
  const done: Provisioned[] = [];
  for (const name of ENGINES.filter((engine) => names.includes(engine))) {
    const { version, install } = RECIPES[name];
    const begun = performance.now();
    const entry: Provisioned = { name, version, seconds: 0 };
    try {
      await install((line) => log(`${name}: ${line}`));
      const why = missing(name);
      if (why) entry.skipped = why;
    } catch (error) {
      entry.skipped = error instanceof Error ? error.message : String(error);
    }
    entry.seconds = (performance.now() - begun) / 1000;
    log(
      entry.skipped
        ? `skipped ${name}: ${entry.skipped}`
        : `${name}: ready (${version}, ${entry.seconds.toFixed(1)} s)`,
    );
    done.push(entry);
  }
  return done;
}

async function main(args: string[]): Promise<number> {
  const usage = `usage: node test/engines/provision.ts [--list] [${ENGINES.join('|')}]…`;
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  if (args.includes('--list')) {
    for (const name of ENGINES) console.log(`${name.padEnd(14)} ${missing(name) ?? 'ready'}`);
    return 0;
  }
  const unknown = args.filter((name) => !ENGINES.includes(name as EngineName));
  if (unknown.length > 0) {
    console.error(`unknown engine ${unknown.join(', ')}\n${usage}`);
    return 2;
  }
  console.error(`cache: ${cacheRoot()}`);
  const results = await provision(args.length > 0 ? (args as EngineName[]) : ENGINES, (line) =>
    console.error(line),
  );
  // Asking for everything takes what there is; asking for one by name means it.
  return args.length > 0 && results.some((result) => result.skipped) ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
