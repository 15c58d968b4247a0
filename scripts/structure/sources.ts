import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Program, parseSync } from 'oxc-parser';

/** One file that was written by hand: its path from the root of the checkout, with forward slashes, and its lines. */
export interface SourceFile {
  path: string;
  text: string;
  lines: string[];
}

/** A source file whose syntax tree is known. */
export interface Module extends SourceFile {
  program: Program;
}

const SOURCE = new Set(['.ts', '.js', '.mjs', '.css', '.html']);
const CODE = new Set(['.ts', '.js', '.mjs']);

/** Paths of all files below `folder`, from `root`, sorted. An absent folder has none. */
export function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    })
    .sort();
}

export function readSources(root: string, paths: readonly string[]): SourceFile[] {
  return paths
    .filter((path) => SOURCE.has(extname(path)))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, lines: text.replace(/\n$/, '').split('\n') };
    });
}

/** Parses what is code. Throws with the first message of the parser where a file is no valid TypeScript. */
export function parseModules(files: readonly SourceFile[]): Module[] {
  return files
    .filter(({ path }) => CODE.has(extname(path)))
    .map((file) => {
      const { program, errors } = parseSync(file.path, file.text);
      if (errors[0]) throw new Error(`${file.path}: ${errors[0].message}`);
      return { ...file, program };
    });
}

/** Gives the line (from 1) of an offset into the text. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
