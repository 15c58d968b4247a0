import { type IncomingMessage, request } from 'node:http';
import type { Analyst, AnswerEvent } from '../../src/analysis/analyst.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { completions } from '../../src/bot/commands/table/completion.ts';
import { parseConfig } from '../../src/config/config.ts';
import { AppError, toAppError } from '../../src/domain/errors.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createWeb, type WebDeps } from '../../src/web/web.ts';
import { answerOf, linesOf } from './fixtures.ts';

/** An analyst whose answer repeats the first line; a line `hang` waits until it is stopped, `down` fails. */
export function scriptedAnalyst(): Analyst & { stopped: number } {
  async function* events(records: LogRecord[], signal?: AbortSignal): AsyncGenerator<AnswerEvent> {
    const first = records[0]!.line;
    if (first === 'down') throw new AppError('unavailable', 'secret-host:9200 refused');
    yield { kind: 'step', step: 'evidence' };
    if (first === 'hang') {
      const { promise, reject } = Promise.withResolvers<never>();
      const stop = (): void => {
        analyst.stopped += 1;
        reject(new AppError('stopped', 'stopped'));
      };
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      await promise;
    }
    yield { kind: 'draft', answer: answerOf('draft') };
    yield { kind: 'text', text: 'Words so far' };
    yield { kind: 'answer', answer: answerOf(first) };
  }
  const analyst = {
    stopped: 0,
    ask: (_question: unknown, options?: { signal?: AbortSignal }) =>
      events(linesOf('asked'), options?.signal),
    assess: (records: LogRecord[], options: { signal?: AbortSignal }) => events(records, options.signal),
    async assessAll(texts: readonly LogRecord[][], options: { signal?: AbortSignal }) {
      const results: (Answer | AppError)[] = [];
      for (const records of texts) {
        try {
          for await (const event of events(records, options.signal))
            if (event.kind === 'answer') results.push(event.answer);
        } catch (error) {
          if (options.signal?.aborted) throw error;
          results.push(toAppError(error));
        }
      }
      return results;
    },
  };
  return analyst;
}

const logs: Pick<LogStore, 'counts'> = {
  async counts() {
    return [{ key: 'orders', label: 'orders', count: 9, errors: 1, first: 0, last: 1 }];
  },
};

/** A real server on a free port of the loopback interface. */
export async function startWeb(overrides: Partial<WebDeps> = {}, env: Record<string, string> = {}) {
  const config = parseConfig({ http: { port: 0 } }, env);
  const web = createWeb({
    config,
    commands: completions(),
    analyst: scriptedAnalyst(),
    logs: logs as LogStore,
    normalize: async (text) => linesOf(text),
    systemHealth: async () => ({
      gpus: [],
      cpu: { load: 0.25, cores: 4 },
      memory: { usedMb: 2_048, totalMb: 8_192 },
      at: Date.now(),
    }),
    backendsHealth: async () => ({ logs: { ok: true, kind: 'sqlite', detail: '12 records' } }),
    publishAnomalies: async () => {},
    permit: async () => true,
    metrics: createMetrics(),
    log: createLog('silent'),
    version: '1.2.3',
    ...overrides,
  });
  const { address } = await web.start();
  return { address, web, [Symbol.asyncDispose]: () => web.stop() };
}

export const postJson = (
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** A request with a header that `fetch` does not send (`Host`). */
export async function rawGet(url: string, headers: Record<string, string>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, { headers }, resolve).on('error', reject).end();
  const response = await promise;
  response.resume();
  return response.statusCode!;
}

/** Reads server-sent events until `enough` returns true or the stream ends; then closes it. */
export async function readEvents(
  response: Response,
  enough: (events: { event: string; id?: string; data: unknown }[]) => boolean = () => false,
): Promise<{ event: string; id?: string; data: unknown }[]> {
  const events: { event: string; id?: string; data: unknown }[] = [];
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const parts = rest.split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const fields = new Map(
        part
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      if (data === undefined) continue;
      const id = fields.get('id');
      events.push({ event: fields.get('event') ?? 'message', ...(id ? { id } : {}), data: JSON.parse(data) });
    }
    if (enough(events)) break;
  }
  return events;
}
