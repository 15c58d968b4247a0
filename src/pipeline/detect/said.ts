import type { LogRecord } from '../../domain/log/record.ts';
import { tellingText } from '../../domain/log/telling.ts';
import { readable } from '../../domain/log/template.ts';
import { LruMap } from '../../domain/lru-map.ts';
import { createNormalizer } from '../normalize/normalize.ts';
import type { DetectedTemplate } from './services/detection.ts';

/** A template as it is known: by its pattern, and by lines where there are some. */
type Known = Pick<DetectedTemplate, 'pattern'> & Partial<Pick<DetectedTemplate, 'samples' | 'errorCode'>>;

const MAX_RECORDS = 32;

const PLACE = '<*>';
const MAX_PATTERN = 140;
/** Length of a title that an error code is still added to. */
const MAX_TITLE = 120;
/** An error code that only repeats the class of a status, and a title that has the status. */
const STATUS_CODE = /^HTTP \d{3}$/;
const STATUS = /\b[45]\d{2}\b/;

/**
 * Lines of anomalies read again, for their words: what is kept of a template are its lines as they arrived. That costs
 * something only where there is an anomaly.
 */
export class Said {
  readonly #timeZone: string;
  /** One anomaly says the same lines several times. */
  readonly #records = new LruMap<string, LogRecord>(MAX_RECORDS);

  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  /** The record of a line; what its source said about it beside the line is not known here. */
  recordOf(line: string): LogRecord {
    const before = this.#records.get(line);
    if (before) return before;
    // A new one each time: it remembers columns and times of sources, which are not those of this line.
    const record = createNormalizer({ timeZone: this.#timeZone })({ text: line, source: '', position: '' });
    this.#records.set(line, record);
    return record;
  }

  /** What a template says, with the real values of its first line; the error code follows if it is not in the text. */
  titleOf(template: Known): string {
    const text = this.#said(template) ?? patternText(template.pattern);
    const { errorCode } = template;
    const isKnown =
      !errorCode || text.includes(errorCode) || (STATUS_CODE.test(errorCode) && STATUS.test(text));
    return isKnown || text.length + errorCode.length > MAX_TITLE ? text : `${text} (${errorCode})`;
  }

  #said({ pattern, samples }: Known): string | undefined {
    const [line] = samples ?? [];
    if (!line) return undefined;
    const record = this.recordOf(line);
    const [first = ''] = pattern.split(/\s/, 1);
    if (first.includes(PLACE)) return tellingText(record) || undefined;
    // What stands before the beginning of the template is a part of the header, and another text is not this line's.
    const at = record.message.indexOf(first);
    return at < 0 ? undefined : tellingText({ ...record, message: record.message.slice(at) });
  }
}

/** A pattern without its variables at both ends: they say nothing there. */
function patternText(pattern: string): string {
  const text = readable(pattern).replace(/^[…\s,.:/-]+|[\s,:/-]*…$/g, '');
  return text.length > MAX_PATTERN ? `${text.slice(0, MAX_PATTERN - 1).trimEnd()}…` : text;
}
