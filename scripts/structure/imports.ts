import { posix } from 'node:path';
import type { Node } from 'oxc-parser';
import { childrenOf } from './functions.ts';
import type { Module } from './sources.ts';

/** From each file to the files of the same tree it imports: types, dynamic imports and re-exports count, too. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

export function importGraph(modules: readonly Module[]): ImportGraph {
  const known = new Set(modules.map(({ path }) => path));
  return new Map(
    modules.map(({ path, program }) => {
      const targets = specifiersOf(program)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => posix.join(posix.dirname(path), specifier));
      return [path, new Set(targets.filter((target) => known.has(target)))];
    }),
  );
}

function specifiersOf(node: Node): string[] {
  const own = 'source' in node ? node.source : undefined;
  const literal = own && typeof own === 'object' && own.type === 'Literal' ? own.value : undefined;
  return [...(typeof literal === 'string' ? [literal] : []), ...childrenOf(node).flatMap(specifiersOf)];
}

/**
 * Import cycles, each as the files in the order they import each other, beginning with the first by name. For each import that is
 * part of a cycle the shortest cycle through it is given, so every such import stands in at least one of them.
 */
export function cyclesOf(graph: ImportGraph): string[][] {
  const found = new Map<string, string[]>();
  for (const [from, targets] of graph)
    for (const to of targets) {
      const back = shortestPath(graph, to, from);
      if (!back) continue;
      const first = back.indexOf([...back].sort()[0]!);
      const cycle = [...back.slice(first), ...back.slice(0, first)];
      found.set(cycle.join(' '), cycle);
    }
  return [...found.values()].sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

function shortestPath(graph: ImportGraph, from: string, to: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const queue = [from];
  for (const at of queue) {
    if (at === to) {
      const path: string[] = [];
      for (let step: string | undefined = to; step !== undefined; step = cameFrom.get(step))
        path.unshift(step);
      return path;
    }
    for (const next of graph.get(at) ?? [])
      if (!cameFrom.has(next)) {
        cameFrom.set(next, at);
        queue.push(next);
      }
  }
  return undefined;
}

/** Files that exactly one other file imports, with that file. */
export function importedOnce(graph: ImportGraph): [path: string, importer: string][] {
  const importers = new Map<string, string[]>();
  for (const [from, targets] of graph)
    for (const to of targets) importers.set(to, [...(importers.get(to) ?? []), from]);
  return [...importers].filter(([, all]) => all.length === 1).map(([path, all]) => [path, all[0]!]);
}
