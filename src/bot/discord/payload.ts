import type { RawFile } from 'discord.js';
import { toAppError } from '../../domain/errors.ts';
import type { Chart, Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import type { Attachments, ChatFile } from '../chat/chat.ts';
import { chartAlt } from '../chat/text.ts';
import { type DiscordMessage, toDiscord } from './embeds.ts';

/** The most files of one message. */
const MOST_FILES = 10;

/** A body to send with the files it refers to. */
export interface Payload {
  body: DiscordMessage & { attachments?: { id: number; filename: string; description: string }[] };
  files: RawFile[];
}

/** Messages with their files: charts as pictures in their embeds, reports beside them. */
export class Payloads {
  readonly #attachments: Attachments;
  readonly #log: Log;
  #undrawn = 0;

  constructor(attachments: Attachments, log: Log) {
    this.#attachments = attachments;
    this.#log = log;
  }

  /** Charts that could not be drawn. */
  get undrawn(): number {
    return this.#undrawn;
  }

  /** @param withFiles intermediate states go without files */
  async render(message: Message, withFiles: boolean, tag?: string): Promise<Payload> {
    const charts = message.blocks.flatMap((block) =>
      block.kind === 'chart' && withFiles ? [block.chart] : [],
    );
    const drawn = await Promise.all(
      charts.slice(0, MOST_FILES).map((chart, index) => this.#draw(chart, `chart-${index}.png`)),
    );
    const pictures = drawn.filter((entry) => entry !== undefined);
    const files = [...pictures, ...(withFiles ? await this.#reportsOf(message) : [])].slice(0, MOST_FILES);
    const body = toDiscord(message, { ...(tag ? { tag } : {}), images: drawn.map((entry) => entry?.name) });
    const attachments = files.map(({ name, title }, id) => ({
      id,
      filename: name,
      description: title.slice(0, 1_000),
    }));
    return {
      body: { ...body, ...(withFiles ? { attachments } : {}) },
      files: files.map(({ name, data, type }) => ({ name, data, contentType: type })),
    };
  }

  async #draw(chart: Chart, name: string): Promise<ChatFile | undefined> {
    try {
      const data = await this.#attachments.renderChart(chart);
      return { name, data, type: 'image/png', title: chartAlt(chart) };
    } catch (error) {
      this.#undrawn += 1;
      this.#log.warn({ err: toAppError(error) }, 'a chart could not be drawn');
      return undefined;
    }
  }

  /** The reports of a message, as files; one that cannot be read is left out, its link is in the text. */
  async #reportsOf(message: Message): Promise<ChatFile[]> {
    const asked = message.blocks.flatMap((block) => (block.kind === 'report' ? [block] : []));
    try {
      const found = await Promise.all(
        asked.map(({ jobId, language }) => this.#attachments.reportFiles?.(jobId, language) ?? []),
      );
      return found.flat();
    } catch (error) {
      this.#log.warn({ err: toAppError(error) }, 'a report could not be attached');
      return [];
    }
  }
}
