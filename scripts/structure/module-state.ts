import type { Expression, Node } from 'oxc-parser';
import { lineFinder, type Module } from './sources.ts';

/** A variable at the top level of a file that can change while the program runs. */
export interface ModuleState {
  path: string;
  line: number;
  name: string;
}

const COLLECTION =
  /^(?:Map|Set|WeakMap|WeakSet|(?:Uint|Int|Float|BigInt|BigUint)(?:8|16|32|64)(?:Clamped)?Array)$/;

/** `let` and `var` at the top level, and constants that begin as an empty collection or as a buffer: they are there to be filled. */
export function moduleState(module: Module): ModuleState[] {
  const lineOf = lineFinder(module.text);
  return module.program.body.flatMap((statement) => {
    const declaration: Node | null =
      statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') return [];
    return declaration.declarations
      .filter(
        ({ init }) =>
          declaration.kind === 'let' || declaration.kind === 'var' || (init && isFilledLater(init)),
      )
      .map(({ id, start }) => ({
        path: module.path,
        line: lineOf(start),
        name: id.type === 'Identifier' ? id.name : module.text.slice(id.start, id.end),
      }));
  });
}

function isFilledLater(value: Expression): boolean {
  if (value.type === 'ArrayExpression') return value.elements.length === 0;
  if (value.type === 'ObjectExpression') return value.properties.length === 0;
  if (value.type !== 'NewExpression' || value.callee.type !== 'Identifier') return false;
  const { name } = value.callee;
  const [first] = value.arguments;
  // Maps and sets are empty without an argument; a typed array made from a number holds zeros.
  return COLLECTION.test(name) && (name.endsWith('Array') ? first?.type !== 'ArrayExpression' : !first);
}
