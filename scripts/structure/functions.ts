import {
  type ArrowFunctionExpression,
  type Function as FunctionWithName,
  type Node,
  visitorKeys,
} from 'oxc-parser';
import { lineFinder, type Module } from './sources.ts';

/** A function with a body, as it stands in a file. */
export interface FunctionShape {
  path: string;
  line: number;
  /** Names of what it stands in and its own, such as `createOutbox.send`; `…` stands for one without a name. */
  name: string;
  lines: number;
  parameters: number;
  /** Functions with a name that stand directly in it; those of an inner class or of an inner function are not counted. */
  inner: number;
}

type FunctionNode = FunctionWithName | ArrowFunctionExpression;

/** All functions of a file, outer ones first. The same name in the same file gets a number: `then`, `then#2`. */
export function functionsOf(module: Module): FunctionShape[] {
  const lineOf = lineFinder(module.text);
  const found: FunctionShape[] = [];
  const seen = new Map<string, number>();

  const add = (node: FunctionNode, name: string): FunctionShape => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    const line = lineOf(node.start);
    const shape = {
      path: module.path,
      line,
      name: times === 1 ? name : `${name}#${times}`,
      lines: lineOf(node.end) - line + 1,
      parameters: node.params.filter((one) => !(one.type === 'Identifier' && (one.name as string) === 'this'))
        .length,
      inner: 0,
    };
    found.push(shape);
    return shape;
  };

  const visit = (
    node: Node,
    parents: readonly Node[],
    names: readonly string[],
    outer?: FunctionShape,
  ): void => {
    let within = outer;
    let path = names;
    if (isFunction(node)) {
      const own = nameOf(node, parents, module.text);
      path = [...names, own ?? '…'];
      if (own !== undefined && outer) outer.inner++;
      within = add(node, path.join('.'));
    } else if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') {
      path = [...names, node.id === null ? 'class' : node.id.name];
      within = undefined;
    }
    for (const child of childrenOf(node)) visit(child, [node, ...parents], path, within);
  };
  visit(module.program, [], []);
  return found;
}

const isFunction = (node: Node): node is FunctionNode =>
  (node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression') &&
  node.body !== null;

export function childrenOf(node: Node): Node[] {
  const fields = node as unknown as Record<string, Node | (Node | null)[] | null>;
  return (visitorKeys[node.type] ?? []).flatMap((key) => fields[key] ?? []).filter((child) => child !== null);
}

/** What wraps a value without changing what it is called. */
const TRANSPARENT = new Set([
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'AwaitExpression',
]);

/** The name of a function: its own, or that of the variable, field or method it is the value of. */
function nameOf(node: FunctionNode, parents: readonly Node[], text: string): string | undefined {
  if (node.id) return node.id.name;
  const parent = parents.find(({ type }) => !TRANSPARENT.has(type));
  const source = (part: Node): string => text.slice(part.start, part.end);
  switch (parent?.type) {
    case 'VariableDeclarator':
      return source(parent.id).split(':')[0];
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'Property':
      return source(parent.key);
    case 'AssignmentExpression':
      return source(parent.left);
    case 'ExportDefaultDeclaration':
      return 'default';
    default:
      return undefined;
  }
}
