import type { RawFile } from 'discord.js';
import { toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import type { Attachments, ChatFile } from '../chat/chat.ts';
import { type DiscordMessage, toDiscord } from './embeds.ts';

/** Of one message. */
const MOST_FILES = 10;

/** A body to send with the files it refers to. */
export interface Payload {
  body: DiscordMessage & { attachments?: { id: number; filename: string; description: string }[] };
  files: RawFile[];
}

/** Messages with their files: charts as pictures in their embeds, reports beside them. */
export function createPayloads({ renderChart, reportFiles }: Attachments, log: Log) {
  let undrawn = 0;

  /** @param withCharts intermediate states go without files. */
  const render = async (message: Message, withCharts: boolean, tag?: string): Promise<Payload> => {
    const charts = message.blocks.flatMap((block) =>
      block.kind === 'chart' && withCharts ? [block.chart] : [],
    );
    const drawn = await Promise.all(
      charts.slice(0, MOST_FILES).map(async (chart, index) => {
        try {
          return { name: `chart-${index}.png`, data: await renderChart(chart), chart };
        } catch (error) {
          undrawn += 1;
          log.warn({ err: toAppError(error) }, 'a chart could not be drawn');
          return undefined;
        }
      }),
    );
    const pictures = drawn
      .filter((entry) => entry !== undefined)
      .map(({ name, data, chart }) => ({
        name,
        data,
        type: 'image/png',
        title: `${chart.title}: ${chart.series.map((one) => one.name).join(', ')}`,
      }));
    const files = [...pictures, ...(withCharts ? await reportsOf(message) : [])].slice(0, MOST_FILES);
    const body = toDiscord(message, { ...(tag ? { tag } : {}), images: drawn.map((entry) => entry?.name) });
    const attachments = files.map(({ name, title }, id) => ({
      id,
      filename: name,
      description: title.slice(0, 1_000),
    }));
    return {
      body: { ...body, ...(withCharts ? { attachments } : {}) },
      files: files.map(({ name, data, type }) => ({ name, data, contentType: type })),
    };
  };
  /** The reports a message brings, as files; one that cannot be read is left out, its link is in the text. */
  const reportsOf = async (message: Message): Promise<ChatFile[]> => {
    const asked = message.blocks.flatMap((block) => (block.kind === 'report' ? [block] : []));
    try {
      const found = await Promise.all(
        asked.map(({ jobId, language }) => reportFiles?.(jobId, language) ?? []),
      );
      return found.flat();
    } catch (error) {
      log.warn({ err: toAppError(error) }, 'a report could not be attached');
      return [];
    }
  };
  return {
    render,
    /** Charts that could not be drawn. */
    get undrawn() {
      return undrawn;
    },
  };
}
