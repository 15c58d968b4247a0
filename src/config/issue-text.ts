import { z } from 'zod';
import { visibleField } from '../domain/text/visible.ts';

/** What a configuration was read from, so that a message can say where a wrong value is. */
export interface ValueOrigin {
  file: string;
  /** The file as it was parsed. */
  raw: unknown;
  /** The same, with the values from the environment added. */
  given: unknown;
  env: Record<string, string | undefined>;
  schema: z.ZodType;
}

/** One line for each broken rule: `config.json: bus.brokers: …`. Values are not repeated: they may be secrets. */
export function issueText(issues: readonly z.core.$ZodIssue[], origin: ValueOrigin): string {
  return issues.map((issue) => visibleField(textOfOne(issue, origin))).join('\n');
}

function textOfOne(issue: z.core.$ZodIssue, origin: ValueOrigin): string {
  const path = issue.path.join('.') || '(top level)';
  if (issue.code === 'unrecognized_keys') {
    const allowed = fieldsAt(origin.schema, issue.path, origin.given);
    const known = allowed.length > 0 ? `; known are ${allowed.join(', ')}` : '';
    return `${origin.file}: ${path}: unknown field ${issue.keys.join(', ')}${known}`;
  }
  const variable = variableOf(issue.path, origin);
  return variable
    ? `${variable} in the environment (${path}): ${issue.message}`
    : `${origin.file}: ${path}: ${issue.message}`;
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);

/** The variable a value came from; undefined where it came from the file. */
function variableOf(path: readonly PropertyKey[], { raw, given, env }: ValueOrigin): string | undefined {
  const value = at(given, path);
  if (typeof value !== 'string' || at(raw, path) === value) return undefined;
  return Object.keys(env).find((name) => /^[A-Z0-9_]+$/.test(name) && env[name] === value);
}

interface Shape {
  properties?: Record<string, Shape>;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  const?: unknown;
}

/** The fields that the object at `path` may have; where it is one of several kinds, those of the kind that was given. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[], given: unknown): string[] {
  let shape: Shape | undefined = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  let value = given;
  const chosen = (one: Shape | undefined): Shape | undefined => {
    const kind = (value as { kind?: unknown } | undefined)?.kind;
    const choices = one?.anyOf ?? one?.oneOf;
    return choices ? (choices.find((choice) => choice.properties?.kind?.const === kind) ?? choices[0]) : one;
  };
  for (const key of path) {
    const here = chosen(shape);
    shape = typeof key === 'number' ? here?.items : here?.properties?.[String(key)];
    value = at(value, [key]);
  }
  return Object.keys(chosen(shape)?.properties ?? {});
}
