import { LIMITS, type Structure } from './measure.ts';

type Row = [title: string, figure: (of: Structure) => number];

const FIGURES: Row[] = [
  ['files in src', ({ files }) => files],
  ['lines in src', ({ lines }) => lines],
  [`folders with more than ${LIMITS.filesInFolder} files`, ({ folders }) => folders.length],
  ['import cycles', ({ cycles }) => cycles.length],
  ['functions', ({ functions }) => functions],
  [`functions over ${LIMITS.functionLines} lines`, ({ longFunctions }) => longFunctions.length],
  [`functions with more than ${LIMITS.parameters} parameters`, ({ manyParameters }) => manyParameters.length],
  [
    `closures with more than ${LIMITS.innerFunctions} inner functions`,
    ({ crowdedClosures }) => crowdedClosures.length,
  ],
  [`files over ${LIMITS.fileLines} lines`, ({ longFiles }) => longFiles.length],
  [`lines over ${LIMITS.lineLength} characters`, ({ longLines }) => longLines.length],
  ['files with exactly one importer', ({ importedOnce }) => importedOnce.length],
  ['variables of modules that change', ({ moduleState }) => moduleState.length],
  ['exports without a user', ({ unused }) => unused.exports.length],
  [
    '  of these used in their own file',
    ({ unused }) => unused.exports.filter((one) => one.usedInside).length,
  ],
  ['files nobody imports', ({ unused }) => unused.files.length],
  ['packages nobody imports', ({ unused }) => unused.packages.length],
  ['duplicated stretches', ({ duplicates }) => duplicates.length],
  ['duplicated lines', ({ duplicates }) => duplicates.reduce((sum, { lines }) => sum + lines, 0)],
];

/** The table of figures, one column for each checkout. */
export function figureTable(checkouts: readonly (readonly [name: string, of: Structure])[]): string {
  const header = ['', ...checkouts.map(([name]) => name)];
  const rows = FIGURES.map(([title, figure]) => [title, ...checkouts.map(([, of]) => String(figure(of)))]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

/** What stands behind the figures, by place. */
export function listings(of: Structure): string {
  const sections: [title: string, lines: string[]][] = [
    ['Folders', of.folders.map(({ path, files }) => `${path}  ${files} files`)],
    ['Import cycles', of.cycles.map((cycle) => [...cycle, cycle[0]].join(' → '))],
    [
      'Long functions',
      of.longFunctions.map(({ path, line, name, lines }) => `${path}:${line} ${name}  ${lines} lines`),
    ],
    [
      'Functions with many parameters',
      of.manyParameters.map(({ path, line, name, parameters }) => `${path}:${line} ${name}  ${parameters}`),
    ],
    [
      'Closures with many inner functions',
      of.crowdedClosures.map(({ path, line, name, inner }) => `${path}:${line} ${name}  ${inner}`),
    ],
    ['Long files', of.longFiles.map(({ path, lines }) => `${path}  ${lines} lines`)],
    ['Long lines', of.longLines.map(({ path, line, length }) => `${path}:${line}  ${length} characters`)],
    ['Files with exactly one importer', of.importedOnce.map(([path, importer]) => `${path} ← ${importer}`)],
    [
      'Variables of modules that change',
      of.moduleState.map(({ path, line, name }) => `${path}:${line} ${name}`),
    ],
    [
      'Exports without a user',
      of.unused.exports.map(
        ({ path, line, name, usedInside }) =>
          `${path}:${line} ${name}${usedInside ? '  (its own file uses it)' : ''}`,
      ),
    ],
    ['Files nobody imports', of.unused.files],
    ['Packages nobody imports', of.unused.packages],
    [
      'Duplicates',
      of.duplicates.map(
        ({ first, second, lines }) =>
          `${first.path}:${first.line} = ${second.path}:${second.line}  ${lines} lines`,
      ),
    ],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title} (${lines.length})\n${lines.map((line) => `  ${line}\n`).join('')}`)
    .join('\n');
}
