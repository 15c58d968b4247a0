import type { Model } from '../../src/backends/model/model.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../src/backends/model/openai.ts';
import { openModels } from '../../src/backends/open.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { available, startOllama, startOpenAi } from '../../test/engines/servers.ts';

/** A model to be measured. */
export interface Candidate {
  model: Model;
  /** As the table names it. */
  name: string;
  /** Parameters and memory as the server tells them; `–` where it does not. */
  size: string;
  memory: string;
  /** So many incidents it is asked about, in each language. */
  incidents: number;
  server: AsyncDisposable;
}

const log = createLog('silent');
/** Keeps prompts and answers short: a CPU that is shared reads some ten tokens a second. */
const SMALL = { contextTokens: 4_096, timeoutMs: 300_000, incidents: 2 };
const INCIDENTS = 5;
const NOTHING: AsyncDisposable = { async [Symbol.asyncDispose]() {} };

/** The models that answer now, and a sentence for each that does not. */
export async function candidates(small: boolean): Promise<{ found: Candidate[]; absent: string[] }> {
  const found: Candidate[] = [];
  const absent: string[] = [];
  const config = parseConfig({}, process.env);
  const models = await openModels(config, log);
  if (!models.some(({ id }) => id === 'openai'))
    absent.push('no OPENAI_API_KEY and no OPENAI_BASE_URL: no model behind the API of OpenAI is asked');
  for (const model of models) {
    const health = await model.health();
    if (!health.ok) absent.push(`${model.name} cannot be asked: ${health.detail}`);
    else found.push({ ...(await described(model, config.models)), incidents: INCIDENTS, server: NOTHING });
  }
  if (!small) return { found, absent };
  for (const start of [smallOllama, smallOpenAi] as const) {
    const one = await start();
    if (typeof one === 'string') absent.push(one);
    else found.push(one);
  }
  return { found, absent };
}

async function smallOllama(): Promise<Candidate | string> {
  const why = available('ollama');
  if (why) return `the small weights behind Ollama are left out: ${why}`;
  const server = await startOllama();
  const { contextTokens, timeoutMs, incidents } = SMALL;
  const entry = { kind: 'ollama' as const, url: server.url, model: server.model, contextTokens, timeoutMs };
  return { ...(await described(await openOllama(entry, log), [entry])), incidents, server };
}

async function smallOpenAi(): Promise<Candidate | string> {
  const why = available('openai');
  if (why) return `the small weights behind llama.cpp are left out: ${why}`;
  const server = await startOpenAi();
  const { contextTokens, timeoutMs, incidents } = SMALL;
  const { url: baseUrl, model, apiKey } = server;
  const opened = await openOpenAi({ kind: 'openai', baseUrl, model, apiKey, contextTokens, timeoutMs }, log);
  return { model: opened, name: opened.name, size: '–', memory: '–', incidents, server };
}

/** Adds what an Ollama tells of the model; it tells the memory once the model is loaded. */
async function described(
  model: Model,
  entries: readonly { kind: string; url?: string; model: string }[],
): Promise<Pick<Candidate, 'model' | 'name' | 'size' | 'memory'>> {
  const entry = entries.find((one) => `${one.kind}/${one.model}` === model.name);
  const plain = { model, name: model.name, size: '–', memory: '–' };
  if (!entry?.url || entry.kind !== 'ollama') return plain;
  const ask = async (path: string, body: object): Promise<Record<string, unknown>> =>
    (await (
      await fetch(new URL(path, entry.url), { method: 'POST', body: JSON.stringify(body) })
    ).json()) as Record<string, unknown>;
  try {
    const { details } = (await ask('/api/show', { model: entry.model })) as {
      details?: { parameter_size?: string };
    };
    // An empty question loads it, with the context that the questions will have.
    await ask('/api/generate', { model: entry.model, options: { num_ctx: model.contextTokens } });
    const running = (await (await fetch(new URL('/api/ps', entry.url))).json()) as {
      models?: { size?: number }[];
    };
    const bytes = running.models?.[0]?.size;
    return {
      ...plain,
      size: details?.parameter_size ?? '–',
      memory: bytes ? `${(bytes / 1e9).toFixed(1)} GB` : '–',
    };
  } catch {
    return plain;
  }
}
