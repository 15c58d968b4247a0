import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An export no other file imports. */
export interface UnusedExport {
  path: string;
  line: number;
  name: string;
  /** Its own file uses it, so only the word `export` is too much. */
  usedInside: boolean;
}

export interface Unused {
  exports: UnusedExport[];
  files: string[];
  /** Packages of package.json that nobody imports. */
  packages: string[];
}

interface Named {
  name: string;
  line?: number;
}
interface KnipReport {
  issues: {
    file: string;
    files: Named[];
    exports: Named[];
    types: Named[];
    dependencies: Named[];
    devDependencies: Named[];
  }[];
}

/** Asks knip, which reads src, test, scripts and bin; a use in any of them counts. */
export function findUnused(root: string): Unused {
  const knip = join(dirname(fileURLToPath(import.meta.resolve('knip'))), '../bin/knip.js');
  const config = relative(root, join(import.meta.dirname, 'knip.json'));
  const output = execFileSync(
    process.execPath,
    [
      knip,
      `--directory=${root}`,
      `--config=${config}`,
      '--include=files,exports,types,dependencies',
      '--reporter=json',
      '--no-progress',
      '--no-config-hints',
      '--no-exit-code',
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const { issues } = JSON.parse(output) as KnipReport;
  issues.sort((a, b) => (a.file < b.file ? -1 : 1));
  return {
    exports: issues.flatMap(({ file, exports, types }) => {
      if (exports.length + types.length === 0) return [];
      const text = readFileSync(join(root, file), 'utf8');
      return [...exports, ...types].map(({ name, line = 0 }) => ({
        path: file,
        line,
        name,
        usedInside: occurrences(text, name) > 1,
      }));
    }),
    files: issues.flatMap(({ files }) => files.map(({ name }) => name)),
    packages: issues
      .flatMap(({ dependencies, devDependencies }) => [...dependencies, ...devDependencies])
      .map(({ name }) => name),
  };
}

/** How often a name stands in a text as a whole word. */
const occurrences = (text: string, name: string): number =>
  text.split(/[^\p{L}\p{N}_$]+/u).filter((word) => word === name).length;
