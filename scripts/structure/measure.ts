import { dirname } from 'node:path';
import { type Duplicate, findDuplicates } from './duplicates.ts';
import { type FunctionShape, functionsOf } from './functions.ts';
import { cyclesOf, importedOnce, importGraph } from './imports.ts';
import { type ModuleState, moduleState } from './module-state.ts';
import { filesBelow, parseModules, readSources } from './sources.ts';
import { findUnused, type Unused } from './unused.ts';

export const LIMITS = {
  functionLines: 80,
  parameters: 5,
  innerFunctions: 15,
  fileLines: 450,
  filesInFolder: 15,
  lineLength: 200,
} as const;

/** What the source of one checkout looks like. Lists hold what is above a limit, the worst first. */
export interface Structure {
  files: number;
  lines: number;
  folders: { path: string; files: number }[];
  functions: number;
  longFunctions: FunctionShape[];
  manyParameters: FunctionShape[];
  crowdedClosures: FunctionShape[];
  longFiles: { path: string; lines: number }[];
  longLines: { path: string; line: number; length: number }[];
  cycles: string[][];
  importedOnce: [path: string, importer: string][];
  moduleState: ModuleState[];
  unused: Unused;
  duplicates: Duplicate[];
}

/** Measures `src` of the checkout at `root`. */
export function measure(root: string): Structure {
  const paths = filesBelow(root, 'src');
  const sources = readSources(root, paths);
  const modules = parseModules(sources);
  const functions = modules.flatMap(functionsOf);
  const graph = importGraph(modules);
  return {
    files: sources.length,
    lines: sources.reduce((sum, { lines }) => sum + lines.length, 0),
    folders: foldersAbove(paths, LIMITS.filesInFolder),
    functions: functions.length,
    longFunctions: above(functions, 'lines', LIMITS.functionLines),
    manyParameters: above(functions, 'parameters', LIMITS.parameters),
    crowdedClosures: above(functions, 'inner', LIMITS.innerFunctions),
    longFiles: above(
      sources.map(({ path, lines }) => ({ path, lines: lines.length })),
      'lines',
      LIMITS.fileLines,
    ),
    longLines: above(
      sources.flatMap(({ path, lines }) =>
        lines.map(({ length }, index) => ({ path, line: index + 1, length })),
      ),
      'length',
      LIMITS.lineLength,
    ),
    cycles: cyclesOf(graph),
    importedOnce: importedOnce(graph),
    moduleState: modules.flatMap(moduleState),
    unused: findUnused(root),
    duplicates: findDuplicates(modules),
  };
}

function foldersAbove(paths: readonly string[], limit: number): Structure['folders'] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return above(
    [...counts].map(([path, files]) => ({ path, files })),
    'files',
    limit,
  );
}

/** Those whose figure is above the limit, the largest first. */
function above<K extends string, T extends Record<K, number>>(
  items: readonly T[],
  figure: K,
  limit: number,
): T[] {
  return items.filter((item) => item[figure] > limit).sort((a, b) => b[figure] - a[figure]);
}
