import { toAppError } from '../../domain/errors.ts';
import type { Block, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { CATALOGUES } from '../../i18n/catalogues.ts';
import type { Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Attachments, Place } from '../chat/chat.ts';

/** A file as `filesUploadV2` takes it. */
export interface Upload {
  file: Buffer;
  filename: string;
  title: string;
  alt_text?: string;
}

/**
 * The files of messages: charts as pictures, reports as pages. They come after the text, which is there already; when
 * they cannot, the reader is told so.
 * @param options.send uploads files together into a place, again where that may help
 * @param options.tell says something in a place
 */
export function createUploads(
  options: Attachments & {
    language: Language;
    log: Log;
    send(place: Place, files: Upload[]): Promise<unknown>;
    tell(place: Place, text: string): Promise<unknown>;
  },
) {
  const { log } = options;
  let charts = 0;
  let reports = 0;

  async function filesOf(block: Block): Promise<Upload[]> {
    if (block.kind === 'chart') {
      const { chart } = block;
      const title = chart.title.slice(0, 200) || 'chart';
      const alt = `${title}: ${chart.series.map(({ name }) => name).join(', ')}`.slice(0, 500);
      return [{ file: await options.renderChart(chart), filename: 'chart.png', title, alt_text: alt }];
    }
    if (block.kind !== 'report' || !options.reportFiles) return [];
    const found = await options.reportFiles(block.jobId, block.language);
    return found.map(({ name, title, data }) => ({ file: data, filename: name, title }));
  }

  async function upload(block: Block, place: Place): Promise<void> {
    try {
      const files = await filesOf(block);
      if (files.length > 0) await options.send(place, files);
    } catch (cause) {
      if (block.kind === 'chart') charts += 1;
      else reports += 1;
      log.warn({ err: toAppError(cause) }, `a ${block.kind} could not be uploaded`);
      const said =
        CATALOGUES[options.language].chat[block.kind === 'chart' ? 'upload.chart' : 'upload.report'];
      await options.tell(place, said).catch((error) => log.warn({ err: error }, 'nor could that be told'));
    }
  }

  return {
    /** Uploads what belongs to a message; each of the promises resolves in any case. */
    of: (message: Message, place: Place): Promise<void>[] =>
      message.blocks
        .filter(({ kind }) => kind === 'chart' || kind === 'report')
        .map((block) => upload(block, place)),
    /** What failed so far, for health. */
    lost: (): Phrase[] => [
      ...(charts ? [['chartsLost', { count: charts }] satisfies Phrase] : []),
      ...(reports ? [['reportsLost', { count: reports }] satisfies Phrase] : []),
    ],
  };
}
