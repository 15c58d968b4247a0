/** A value of a document that is no object. */
export type Leaf = string | number | boolean;

/** Objects within objects that are looked into. */
const MAX_DEPTH = 8;

/** The values of a document by the names that the server gives their fields, joined with dots. Lists are left out. */
export function leavesOf(source: Record<string, unknown>): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const visit = (object: Record<string, unknown>, prefix: string, depth: number): void => {
    for (const [key, value] of Object.entries(object)) {
      const name = prefix + key;
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        leaves.set(name, value);
      else if (isObject(value) && depth < MAX_DEPTH) visit(value, `${name}.`, depth + 1);
    }
  };
  visit(source, '', 0);
  return leaves;
}

/** The value of a field, whether its parts are objects within each other or one name with dots. */
export function valueAt(source: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(source, name)) return source[name];
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const inner = source[name.slice(0, dot)];
    if (!isObject(inner)) continue;
    const found = valueAt(inner, name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
