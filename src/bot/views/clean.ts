import type { Block, Message } from '../../domain/question/message.ts';
import { cut, printable } from '../chat/text.ts';

const TEXT_LIMIT = 16_384;

/** A message for a page that shows text as it is: control characters are made visible, each text is bounded. */
export function clean(message: Message): Message {
  const text = (value: string): string => printable(cut(value, TEXT_LIMIT));
  const block = (entry: Block): Block => {
    switch (entry.kind) {
      case 'heading':
      case 'text':
      case 'footnote':
        return { ...entry, text: text(entry.text) };
      case 'fields':
        return {
          ...entry,
          fields: entry.fields.map((one) => ({ ...one, label: text(one.label), value: text(one.value) })),
        };
      case 'lines':
        return { ...entry, lines: entry.lines.map(text) };
      case 'details':
        return {
          ...entry,
          label: text(entry.label),
          text: text(entry.text),
          lines: entry.lines.map(text),
        };
      case 'progress':
        return { ...entry, label: text(entry.label) };
      case 'buttons':
        return {
          ...entry,
          buttons: entry.buttons.map((button) => ({ ...button, label: text(button.label) })),
        };
      case 'chart':
      case 'report':
        return entry;
    }
  };
  return { ...message, summary: text(message.summary), blocks: message.blocks.map(block) };
}
