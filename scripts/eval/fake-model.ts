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
