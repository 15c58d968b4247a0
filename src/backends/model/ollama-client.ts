import { Ollama } from 'ollama';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import { ModelError, type ModelFault } from '../../domain/question/model-fault.ts';
import { retryAfter } from './server.ts';
import { networkFault, refusalFault } from './vendor-words.ts';

export type OllamaEntry = Extract<Config['models'][number], { kind: 'ollama' }>;

/** An error that the server answered. Its text is kept out of message and log: it may hold anything. */
export class OllamaRefusal extends Error {
  override name = 'Refusal';
  /** Absent where the error came in the stream, after a status of 200. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly #said: string;

  constructor(said: string, response?: Response) {
    super(response ? `status ${response.status}` : 'an error within the stream');
    this.status = response?.status;
    this.retryAfterMs = response && retryAfter(response.headers);
    this.#said = said.slice(0, SAID);
  }

  get said(): string {
    return this.#said;
  }
}
/** Ollama passes on the last 8 KB that its runner wrote, with the reason at their end. */
const SAID = 10_000;

/**
 * A client for one call. Its fetch turns an error of the server into an OllamaRefusal, and a broken line into a SyntaxError,
 * before the client sees them: the client would print both to the console, with text of the model.
 */
export function connect(url: string, signal: AbortSignal): Ollama {
  return new Ollama({
    host: url,
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, signal });
      if (!response.ok) {
        throw new OllamaRefusal(await response.text().catch(() => ''), response);
      }
      // An answer without a body (204) is read like an empty one.
      const body = response.body ?? new Blob([]).stream();
      return new Response(body.pipeThrough(checkedLines()), { headers: response.headers });
    },
  });
}

/**
 * Passes newline-delimited JSON on, line by line. A complete line that is no JSON object ends the stream with a SyntaxError,
 * and so does an end before the first line; an error object ends it with an OllamaRefusal.
 */
function checkedLines(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  let some = false;
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.trim()) continue;
        checkLine(line);
        some = true;
        controller.enqueue(encoder.encode(`${line}\n`));
      }
    },
    flush(controller) {
      if (!rest.trim()) {
        if (!some) throw new SyntaxError('an empty answer');
        return;
      }
      try {
        checkLine(rest);
      } catch (error) {
        if (error instanceof OllamaRefusal || !rest.trimStart().startsWith('{')) throw error;
        // The connection ended within a line: the caller notices that the end is missing.
        return;
      }
      controller.enqueue(encoder.encode(rest));
    },
  });
}

function checkLine(line: string): void {
  const part: unknown = JSON.parse(line);
  if (typeof part !== 'object' || part === null) throw new SyntaxError('not an object');
  const { error } = part as { error?: unknown };
  if (error !== undefined) throw new OllamaRefusal(typeof error === 'string' ? error : JSON.stringify(error));
}

/** An error of the client, the network or the server as an AppError. */
export function translate(
  cause: unknown,
  about: {
    entry: OllamaEntry;
    asker: AbortSignal | undefined;
    deadline: AbortSignal;
    estimate: number;
    context: number;
  },
): AppError {
  const { entry } = about;
  if (cause instanceof AppError) return cause;
  if (about.asker?.aborted) return new AppError('stopped', 'the request was stopped', { cause });
  const told = (fault: ModelFault, what: string, retryAfterMs?: number): ModelError =>
    new ModelError(fault, `${entry.model}: ${what}`, { cause, retryAfterMs });
  if (about.deadline.aborted) return told('timeout', `no answer in ${entry.timeoutMs} ms`);
  if (cause instanceof OllamaRefusal)
    return told(faultIn(cause, about), `the server answered ${cause.message}`, cause.retryAfterMs);
  if (cause instanceof SyntaxError) return told('rejected', 'the stream is not JSON');
  const fault = networkFault(cause);
  // The client itself throws when a stream ends without its last object.
  const ended = cause instanceof Error && !(cause instanceof TypeError) && fault === 'unreachable';
  return told(ended ? 'cut' : fault, ended ? 'the stream ended before the answer did' : 'cannot be reached');
}

function faultIn(
  { status, said }: OllamaRefusal,
  { estimate, context }: { estimate: number; context: number },
): ModelFault {
  const fault = refusalFault(status, said);
  // With `truncate: false` a prompt that does not fit gives a 400 without a code of its own.
  return fault === 'rejected' && status === 400 && estimate > context / 2 ? 'context' : fault;
}
