import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the fake says to one request. */
export type Reply =
  /** Streamed in pieces of a few characters; token figures are counted from the text unless given. */
  | { say: string; tokens?: { prompt: number; completion: number }; finish?: string }
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** Never answers. */
  | { hang: true }
  /** Sends this much text and then breaks the connection. */
  | { cut: string }
  /** Sends this much text, then ends the stream with an error in these words. */
  | { fails: string; after: string }
  /** Sends bytes that are no event of the protocol. */
  | { garbage: string }
  /** Sends a piece every 20 ms for ever. */
  | { endless: string };

export interface Received {
  path: string;
  body: Record<string, unknown>;
  headers: IncomingMessage['headers'];
  /** Resolves when the client has closed the connection of this request. */
  closed: Promise<void>;
}

/**
 * An HTTP server that speaks Ollama's API and OpenAI's chat completions. `script` answers in order, its last entry
 * for ever; a function decides by request.
 */
export async function startModelServer(
  script: Reply[] | ((received: Received, index: number) => Reply),
  options: { contextLength?: number; models?: string[]; capabilities?: string[] } = {},
) {
  const received: Received[] = [];
  const models = options.models ?? ['fake:latest'];
  const open = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
    const path = request.url ?? '';
    const json = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (path === '/api/show')
      return json({
        details: {},
        model_info: { 'fake.context_length': options.contextLength ?? 8_192 },
        ...(options.capabilities ? { capabilities: options.capabilities } : {}),
      });
    if (path === '/api/tags') return json({ models: models.map((name) => ({ name, model: name })) });
    if (path === '/v1/models')
      return json({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) });
    const closed = new Promise<void>((resolve) => response.on('close', () => resolve()));
    const entry: Received = { path, body, headers: request.headers, closed };
    received.push(entry);
    const index = received.length - 1;
    const reply =
      typeof script === 'function' ? script(entry, index) : script[Math.min(index, script.length - 1)]!;
    const protocol = path === '/api/chat' ? ollama : openai;
    await answer(reply, protocol, entry, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async [Symbol.asyncDispose]() {
      for (const response of open) response.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Protocol {
  type: string;
  error(message: string): string;
  piece(text: string): string;
  end(finish: string, tokens: { prompt: number; completion: number }): string;
}

const ollama: Protocol = {
  type: 'application/x-ndjson',
  error: (message) => `${JSON.stringify({ error: message })}\n`,
  piece: (content) =>
    `${JSON.stringify({ model: 'fake', message: { role: 'assistant', content }, done: false })}\n`,
  end: (finish, tokens) =>
    `${JSON.stringify({
      model: 'fake',
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: finish,
      prompt_eval_count: tokens.prompt,
      eval_count: tokens.completion,
    })}\n`,
};

const openai: Protocol = {
  type: 'text/event-stream',
  error: (message) => `data: ${JSON.stringify({ error: { message, type: 'server_error', code: 500 } })}\n\n`,
  piece: (content) => event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  end: (finish, tokens) =>
    event({ choices: [{ index: 0, delta: {}, finish_reason: finish }] }) +
    event({
      choices: [],
      usage: {
        prompt_tokens: tokens.prompt,
        completion_tokens: tokens.completion,
        total_tokens: tokens.prompt + tokens.completion,
      },
    }) +
    'data: [DONE]\n\n',
};
const event = (value: object): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'fake', ...value })}\n\n`;

async function answer(
  reply: Reply,
  protocol: Protocol,
  entry: Received,
  response: ServerResponse,
): Promise<void> {
  const begin = (): void => {
    response.writeHead(200, { 'content-type': protocol.type });
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  if ('hang' in reply) return;
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    const body = reply.body ?? { error: { message: 'refused by the script' } };
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return;
  }
  begin();
  if ('garbage' in reply) {
    response.end(reply.garbage);
    return;
  }
  if ('endless' in reply) {
    while (!response.destroyed) {
      response.write(protocol.piece(reply.endless));
      await pause(20);
    }
    return;
  }
  const text = 'cut' in reply ? reply.cut : 'fails' in reply ? reply.after : reply.say;
  for (const piece of text.match(/[\s\S]{1,24}/g) ?? []) response.write(protocol.piece(piece));
  if ('cut' in reply) {
    // The pieces must have left before the connection breaks.
    await pause(20);
    response.destroy();
    return;
  }
  if ('fails' in reply) {
    response.end(protocol.error(reply.fails));
    return;
  }
  const prompt = JSON.stringify(entry.body.messages ?? '').length;
  const tokens = reply.tokens ?? { prompt: Math.ceil(prompt / 4), completion: Math.ceil(text.length / 4) };
  response.end(protocol.end(reply.finish ?? 'stop', tokens));
}
