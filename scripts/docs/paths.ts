import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesBelow } from '../structure/sources.ts';

/** Folders that a path in a page may be relative to. */
const BASES = ['.', 'src'];
const FOLDERS = ['src', 'test', 'scripts', 'docs', 'prompts', 'bin'];
const EXTENSION = /\.(?:ts|js|mjs|md|json|css|html|yml|py)$/;

/**
 * The paths a page names that do not exist: in backticks (`pipeline/sources`, `clock.ts`), as targets of links, and in trees of
 * folders. A path with a slash is relative to the checkout or to `src`, with or without `.ts`; a mere file name may stand anywhere.
 */
export function missingPaths(page: string, root: string): string[] {
  const names = new Set(FOLDERS.flatMap((folder) => filesBelow(root, folder)).map((path) => basename(path)));
  const exists = (path: string): boolean =>
    BASES.some((base) => ['', '.ts'].some((ending) => existsSync(join(root, base, path + ending)))) ||
    (!path.includes('/') && names.has(path));
  const blocks = page.split(/^```.*$/m);
  const prose = blocks.filter((_, index) => index % 2 === 0).join('\n');
  const trees = blocks.filter((_, index) => index % 2 === 1);
  const named = [
    ...[...prose.matchAll(/`([^`\s]+)`/g)].map(([, text]) => text!).filter(isPath),
    ...[...prose.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(([, text]) => text!)
      .filter((to) => !to.includes(':')),
    ...trees.flatMap(treePaths),
  ];
  return [...new Set(named)].filter((path) => !exists(path)).sort();
}

/** Whether what stands in backticks is a path of this project: not an address, a package, a pattern or a command. */
const isPath = (text: string): boolean =>
  /^\.?[\w-][\w./-]*$/.test(text) && (EXTENSION.test(text) || (text.includes('/') && !text.includes('//')));

/** The paths of a tree of folders: the first word of each line, below the folders that stand less deep before it. */
function treePaths(block: string): string[] {
  if (!/^\w[\w-]*\/$/m.test(block.split('\n')[1] ?? '')) return [];
  const above: { depth: number; path: string }[] = [];
  return block.split('\n').flatMap((line) => {
    const [, indent = '', name = ''] = /^([\s│├└─]*)(\S*)/.exec(line) ?? [];
    if (!/^\w[\w.-]*\/?$/.test(name) || !(name.endsWith('/') || EXTENSION.test(name))) return [];
    while (above.length > 0 && above.at(-1)!.depth >= indent.length) above.pop();
    const path = join(above.at(-1)?.path ?? '', name);
    above.push({ depth: indent.length, path });
    return [path];
  });
}
