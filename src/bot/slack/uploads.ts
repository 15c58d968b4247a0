import { toAppError } from '../../domain/errors.ts';
import type { Block, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { CATALOGUES } from '../../i18n/catalogues.ts';
import type { Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Attachments, Place } from '../chat/chat.ts';
import { chartAlt } from '../chat/text.ts';

/** A file as `filesUploadV2` takes it. */
export interface Upload {
  file: Buffer;
  filename: string;
  title: string;
  alt_text?: string;
}

export interface UploadsOptions extends Attachments {
  language: Language;
  log: Log;
  /** Uploads files together into a place; tries again where that may help. */
  send(place: Place, files: Upload[]): Promise<unknown>;
  /** Says something in a place. */
  tell(place: Place, text: string): Promise<unknown>;
}

/**
 * The files of messages: charts as pictures, reports as pages. They come after the text, which is there already. If one cannot be
 * uploaded, the message says so.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  #charts = 0;
  #reports = 0;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Uploads what belongs to a message; none of the promises rejects. */
  of(message: Message, place: Place): Promise<void>[] {
    return message.blocks
      .filter(({ kind }) => kind === 'chart' || kind === 'report')
      .map((block) => this.#upload(block, place));
  }

  /** What failed so far, for health. */
  get lost(): Phrase[] {
    return [
      ...(this.#charts ? [['chartsLost', { count: this.#charts }] satisfies Phrase] : []),
      ...(this.#reports ? [['reportsLost', { count: this.#reports }] satisfies Phrase] : []),
    ];
  }

  async #upload(block: Block, place: Place): Promise<void> {
    const { log, language, send, tell } = this.#options;
    try {
      const files = await this.#filesOf(block);
      if (files.length > 0) await send(place, files);
    } catch (cause) {
      if (block.kind === 'chart') this.#charts += 1;
      else this.#reports += 1;
      log.warn({ err: toAppError(cause) }, `a ${block.kind} could not be uploaded`);
      const said = CATALOGUES[language].chat[block.kind === 'chart' ? 'upload.chart' : 'upload.report'];
      await tell(place, said).catch((error) => log.warn({ err: error }, 'nor could that be told'));
    }
  }

  async #filesOf(block: Block): Promise<Upload[]> {
    const { renderChart, reportFiles } = this.#options;
    if (block.kind === 'chart') {
      const title = block.chart.title.slice(0, 200) || 'chart';
      const alt_text = chartAlt({ ...block.chart, title }).slice(0, 500);
      return [{ file: await renderChart(block.chart), filename: 'chart.png', title, alt_text }];
    }
    if (block.kind !== 'report' || !reportFiles) return [];
    const found = await reportFiles(block.jobId, block.language);
    return found.map(({ name, title, data }) => ({ file: data, filename: name, title }));
  }
}
