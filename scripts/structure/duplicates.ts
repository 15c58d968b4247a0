import type { SourceFile } from './sources.ts';

/** Two places with the same lines. `lines` counts what stands in the first place. */
export interface Duplicate {
  first: { path: string; line: number };
  second: { path: string; line: number };
  lines: number;
}

/** Fewer equal lines in a row are chance, not a copy. */
const LEAST_LINES = 5;
/** Fewer characters in those lines are only brackets and short fields. */
const LEAST_CHARACTERS = 120;

interface Line {
  text: string;
  number: number;
}

/**
 * Finds stretches of equal lines. White space at the ends, empty lines, comments and imports do not count. A package for this
 * (jscpd) would bring over a hundred packages, or a program of 37 MB that is not there for all systems.
 */
export function findDuplicates(files: readonly SourceFile[]): Duplicate[] {
  const places = new Map<string, { file: number; at: number }>();
  const codes = files.map(codeLines);
  const found: Duplicate[] = [];
  for (const [file, code] of codes.entries()) {
    for (let at = 0; at + LEAST_LINES <= code.length; ) {
      const key = windowAt(code, at);
      const earlier = places.get(key);
      const length = earlier
        ? commonLength(codes[earlier.file]!, earlier.at, code, at, earlier.file === file)
        : 0;
      const from = codes[earlier?.file ?? file]!.slice(earlier?.at ?? at, (earlier?.at ?? at) + length);
      if (earlier && length >= LEAST_LINES && characters(from) >= LEAST_CHARACTERS) {
        found.push({
          first: { path: files[earlier.file]!.path, line: from[0]!.number },
          second: { path: files[file]!.path, line: code[at]!.number },
          lines: length,
        });
        at += length;
        continue;
      }
      if (!earlier) places.set(key, { file, at });
      at++;
    }
  }
  return found;
}

const windowAt = (code: readonly Line[], at: number): string =>
  code
    .slice(at, at + LEAST_LINES)
    .map(({ text }) => text)
    .join('\n');
const characters = (code: readonly Line[]): number => code.reduce((sum, { text }) => sum + text.length, 0);

/** How many lines are equal from two places on; in one file the first stretch ends where the second begins. */
function commonLength(
  a: readonly Line[],
  atA: number,
  b: readonly Line[],
  atB: number,
  sameFile: boolean,
): number {
  const most = sameFile ? atB - atA : a.length - atA;
  let length = 0;
  while (length < most && atB + length < b.length && a[atA + length]!.text === b[atB + length]!.text)
    length++;
  return length;
}

/** The lines of a file that count. */
function codeLines({ lines }: SourceFile): Line[] {
  let inComment = false;
  let inImport = false;
  return lines.flatMap((line, index) => {
    const text = line.trim();
    if (text.startsWith('/*')) inComment = true;
    if (/^import\s/.test(text)) inImport = true;
    const counts = text !== '' && !inComment && !inImport && !text.startsWith('//');
    if (text.endsWith('*/')) inComment = false;
    if (text.endsWith(';')) inImport = false;
    return counts ? [{ text, number: index + 1 }] : [];
  });
}
