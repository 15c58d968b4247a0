import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp, type Overrides } from '../../src/app.ts';
import { parseConfig, ROLES, type Role } from '../../src/config/config.ts';
import type { Action, Block, Message } from '../../src/domain/question/message.ts';
import { createLog } from '../../src/log.ts';

/** A message of the console as its HTTP interface gives it. */
export interface Seen {
  id: string;
  thread?: string;
  replies?: number;
  author: string;
  fromBot: boolean;
  message: Message;
  charts: string[];
}

/** Everything a person can read in a message. */
export function textOf(message: Message): string {
  const block = (part: Block): string => {
    switch (part.kind) {
      case 'heading':
      case 'text':
      case 'footnote':
        return part.text;
      case 'fields':
        return part.fields.map(({ label, value }) => `${label}: ${value}`).join('\n');
      case 'lines':
        return part.lines.join('\n');
      case 'details':
        return `${part.label}: ${part.text}\n${part.lines.join('\n')}`;
      case 'progress':
        return `${part.label} ${Math.round(part.fraction * 100)}%`;
      case 'buttons':
        return part.buttons.map(({ label }) => `[${label}]`).join(' ');
      case 'chart':
        return part.chart.title;
      case 'report':
        return `report ${part.jobId}`;
    }
  };
  return [message.summary, ...message.blocks.map(block)].join('\n');
}

export const buttonsOf = (message: Message): Action[] =>
  message.blocks.flatMap((block) =>
    block.kind === 'buttons' ? block.buttons.map(({ action }) => action) : [],
  );

/** Asks again until `probe` gives something; fails with what was last seen. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = 30_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${what}: not within ${timeoutMs} ms${last ? ` (${String(last)})` : ''}`);
}

/** A person at the console page, by the HTTP calls the page makes. */
export class Person {
  readonly #address: string;
  #cookie = '';

  constructor(address: string) {
    this.#address = address;
  }

  async #call(path: string, body?: unknown): Promise<Response> {
    const response = await fetch(this.#address + path, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        ...(this.#cookie ? { cookie: this.#cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json', origin: this.#address }),
      },
      signal: AbortSignal.timeout(20_000),
    });
    const cookie = response.headers.get('set-cookie');
    if (cookie) this.#cookie = cookie.slice(0, cookie.indexOf(';'));
    if (!response.ok) assert.fail(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async messages(thread?: string): Promise<Seen[]> {
    const query = thread ? `?thread=${encodeURIComponent(thread)}` : '';
    const body = (await (await this.#call(`/api/messages${query}`)).json()) as { messages: Seen[] };
    return body.messages;
  }

  async say(text: string, thread?: string, language: 'ko' | 'en' = 'en'): Promise<void> {
    await this.#call('/api/say', { user: 'minji', language, text, ...(thread ? { thread } : {}) });
  }

  async press(action: Action, thread?: string): Promise<void> {
    await this.#call('/api/press', { user: 'minji', language: 'en', action, ...(thread ? { thread } : {}) });
  }

  /** The first bot message of the channel or thread whose text matches, once there is one. */
  async sees(
    pattern: RegExp,
    options: { thread?: string; after?: Set<string>; timeoutMs?: number } = {},
  ): Promise<Seen> {
    return eventually(
      `a message matching ${pattern}`,
      async () =>
        (await this.messages(options.thread)).find(
          (seen) => seen.fromBot && !options.after?.has(seen.id) && pattern.test(textOf(seen.message)),
        ),
      options.timeoutMs,
    );
  }

  async health(): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.#address}/health`, { signal: AbortSignal.timeout(20_000) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

export interface Running extends AsyncDisposable {
  app: App;
  person: Person;
  dataDir: string;
}

/** The whole app in this process on a free port and a temporary folder; no model unless `raw` names one. */
export async function runApp(
  options: {
    raw?: Record<string, unknown>;
    roles?: readonly Role[];
    overrides?: Overrides;
    dataDir?: string;
    env?: Record<string, string>;
  } = {},
): Promise<Running> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'bongsu-app-'));
  const config = parseConfig({ models: [], ...options.raw, dataDir, http: { port: 0 } }, options.env);
  const log = createLog(process.env.BONGSU_TEST_LOG ?? 'silent');
  const app = await createApp(config, options.roles ?? ROLES, log, options.overrides);
  await app.start();
  return {
    app,
    person: new Person(app.address),
    dataDir,
    async [Symbol.asyncDispose]() {
      await app.stop();
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
