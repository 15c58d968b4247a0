import type { Model, ModelRequest } from '../../src/backends/model/model.ts';

/** A model in this process that gives the prepared answers; the requests are kept. */
export function fakeModel(
  say: (request: ModelRequest) => string,
  over: Partial<Model> = {},
): Model & { asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    id: 'fake',
    name: 'fake/model',
    external: false,
    contextTokens: 64_000,
    price: { prompt: 0, completion: 0 },
    tools: false,
    ...over,
    asked,
    async *ask(request) {
      asked.push(request);
      const text = say(request);
      for (const piece of text.match(/[\s\S]{1,40}/g) ?? []) yield { kind: 'text', text: piece };
      yield { kind: 'end', tokens: { prompt: 100, completion: 20 } };
    },
    async health() {
      return { ok: true, kind: 'fake', detail: 'in this process' };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** JSON Schema, as far as requests use it. */
interface Schema {
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  items?: Schema;
  maxItems?: number;
}

/** Items of a list of which no number is given. */
const ITEMS = 4;

/** A reply of the form that is asked for, in which every free text is the same, and everything else is picked. */
export function filledWith(schema: unknown, text: string, pick: <T>(list: readonly T[]) => T): unknown {
  const { type, enum: values, anyOf, properties, items, maxItems = ITEMS } = (schema ?? {}) as Schema;
  if (values) return pick(values);
  if (anyOf) return filledWith(pick(anyOf), text, pick);
  if (type === 'array') return Array.from({ length: maxItems }, () => filledWith(items, text, pick));
  if (type === 'object')
    return Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, one]) => [name, filledWith(one, text, pick)]),
    );
  return type === 'number' || type === 'integer' ? 1 : type === 'boolean' ? true : text;
}
