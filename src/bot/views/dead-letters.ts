import { deadLetterTopic } from '../../backends/bus/dead-letter.ts';
import type { DeadLetter, DeadLetters } from '../../domain/dead-letters.ts';
import type { Block, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { oneLine } from './card/headline.ts';

const LINE = 300;

/** What could not be read since the last notice: how much, its places, and why, by topic. */
export function deadLettersView(untold: Readonly<Record<string, DeadLetters>>, speech: Speech): Message {
  const { say } = speech;
  const topics = Object.entries(untold);
  const total = topics.reduce((sum, [, { count }]) => sum + count, 0);
  const title = say.lettersTitle(total, speech.number(total));
  const blocks = topics.flatMap(([topic, { count, since, letters }]): Block[] => [
    {
      kind: 'text',
      text: say.lettersOf(oneLine(topic, 80), count, speech.number(count), speech.time(since)),
    },
    { kind: 'lines', lines: letters.map((letter) => lineOf(topic, letter)) },
  ]);
  const where = topics.map(([topic]) => oneLine(deadLetterTopic(topic), 80)).join(', ');
  return {
    summary: title,
    tone: 'warning',
    blocks: [
      { kind: 'heading', text: title },
      ...blocks,
      { kind: 'footnote', text: `${say.lettersWhere(where)} ${say.lettersNext}` },
    ],
  };
}

/** `log-anomalies 3/1042[7]: malformed: confidence: …`, as topic, partition, offset and element of a batch. */
const lineOf = (topic: string, { partition, offset, element, reason }: DeadLetter): string =>
  oneLine(`${topic} ${partition}/${offset}${element === undefined ? '' : `[${element}]`}: ${reason}`, LINE);
