import type { types } from '@slack/bolt';
import {
  type Action,
  type Block,
  type Button,
  encodeAction,
  type Field,
  type Message,
} from '../../domain/question/message.ts';
import { barText, chunks, cut, printable, secondsOf } from '../chat/text.ts';
import { type Fitted, TextBudget } from '../chat/text-budget.ts';

type KnownBlock = types.KnownBlock;
type RichText = types.RichTextElement;

/** Slack's limits in characters and pieces (docs.slack.dev, Block Kit reference). */
export const LIMITS = {
  blocks: 50,
  header: 150,
  text: 3_000,
  context: 2_000,
  label: 200,
  value: 2_000,
  button: 75,
  buttonValue: 2_000,
  actions: 5,
  fallback: 3_000,
  /** All text of all blocks; Slack refuses a little more than 13,200. */
  total: 12_000,
} as const;

const LINE = 1_000;
const DETAIL_LINE = 200;
/** Buttons of one message; more than anyone reads. */
const BUTTONS = 25;
/** Fields of one block, and the characters around a label and its value. */
const FIELDS = 25;
const SEPARATORS = 5;
const TONE = { critical: '🔴', warning: '🟠', good: '🟢', neutral: '' } as const;

/** Escapes text for a mrkdwn field (docs.slack.dev: "Formatting text for app surfaces"). */
const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Plain text and rich text elements are not parsed by Slack. For readers of the raw payload that do parse, the start of
 * a mention or link (`<!channel>`, `<@U1>`, `<https://…>`) gets an invisible word joiner behind its bracket.
 */
const defuse = (text: string): string =>
  printable(text)
    .replace(/<(?=[!@#]|[a-z][a-z+.-]*:)/gi, '<\u2060')
    .replace(/@(?=channel|here|everyone)/gi, '@\u2060');

/**
 * A message as Block Kit. Every string goes into `plain_text` or a `rich_text` element, which Slack shows as it is:
 * no mrkdwn is parsed, so log text cannot become a mention, a link, markup or the end of its own code box.
 * Too much text is cut where it is longest; buttons always stay.
 * @returns `text` is the escaped one-line fallback for notifications.
 */
export function toBlocks(message: Message): { text: string; blocks: KnownBlock[] } {
  const builder = new BlockBuilder(message.tone);
  const builds = ranked(message.blocks).map((block) => builder.add(block));
  builder.settle();
  const built = builds.flatMap((build) => build());
  // The people who are notified are named under the heading.
  built.splice(built[0]?.type === 'header' ? 1 : 0, 0, ...called(message.mentions ?? []));
  const blocks = atMost(LIMITS.blocks, built);
  const summary = cut(printable(message.summary).replaceAll('\n', ' '), 500) || '…';
  return { text: escapeMrkdwn(defuse(summary)), blocks };
}

/** Builds the Slack blocks of one block of a message; called once the room of every text is known. */
type Build = () => KnownBlock[];

/** The blocks of one message. All texts are collected first, so that the room for each is known when they are built. */
class BlockBuilder {
  readonly #budget = new TextBudget();
  #buttonsLeft = BUTTONS;
  /** Stands before the first heading. */
  #tone: string;

  constructor(tone: Message['tone']) {
    this.#tone = TONE[tone];
  }

  settle(): void {
    this.#budget.settle(LIMITS.total);
  }

  add(block: Block): Build {
    switch (block.kind) {
      case 'heading':
        return this.#heading(block.text);
      case 'text': {
        const text = this.#text(block.text, LIMITS.total);
        return () => chunks(text(), LIMITS.text).flatMap((piece) => paragraph([plain(piece)]));
      }
      case 'fields':
        return this.#fields(block.fields);
      case 'lines': {
        const text = this.#text(block.lines.map((line) => cut(line, LINE)).join('\n'), LIMITS.total);
        return () => chunks(text(), LIMITS.text).map(preformatted);
      }
      case 'details':
        return this.#details(block.label, block.text, block.lines);
      case 'progress': {
        const label = this.#text(block.label, LIMITS.header);
        const bar = barText(block.fraction);
        this.#budget.reserve(bar.length);
        return () => paragraph([plain(bar + label())]);
      }
      case 'footnote':
        return this.#context(block.text);
      case 'chart':
        return this.#context(`📊 ${block.chart.title}`);
      case 'report':
        return () => [];
      case 'buttons': {
        const buttons = block.buttons.slice(0, this.#buttonsLeft).filter(fits);
        this.#buttonsLeft -= buttons.length;
        this.#budget.reserve(buttons.length * LIMITS.button);
        return () => actions(buttons);
      }
    }
  }

  #text(text: string, most: number): Fitted {
    const safe = defuse(text);
    return this.#budget.add(Math.min(safe.length, most), (room) => cut(safe, room));
  }

  #heading(text: string): Build {
    const prefix = this.#tone && !/^\p{Extended_Pictographic}/u.test(text) ? `${this.#tone} ` : '';
    this.#tone = '';
    const fitted = this.#text(prefix + text.replaceAll('\n', ' '), LIMITS.header);
    return () =>
      present(fitted(), (shown) => ({
        type: 'header',
        text: { type: 'plain_text', text: shown, emoji: false },
      }));
  }

  #fields(fields: readonly Field[]): Build {
    const rows = fields.slice(0, FIELDS).map((field) => ({
      label: this.#text(field.label, LIMITS.label),
      value: this.#text(field.value, LIMITS.value),
      ago: agoOf(field),
    }));
    this.#budget.reserve(rows.length * SEPARATORS);
    return () =>
      paragraph(
        rows.flatMap(({ label, value, ago }, row): RichText[] => [
          { type: 'text', text: `${row ? '\n' : ''}${label() || '–'}:`, style: { bold: true } },
          plain(` ${value() || '–'}`),
          ...ago,
        ]),
      );
  }

  /** Slack folds nothing away: it is small, and stands where it pushes no button out of view. */
  #details(label: string, text: string, lines: readonly string[]): Build {
    const short = lines.map((line) => cut(line, DETAIL_LINE));
    return this.#context([`${label}: ${text}`, ...short].join('\n'));
  }

  #context(text: string): Build {
    const fitted = this.#text(text, LIMITS.context);
    return () =>
      present(fitted(), (shown) => ({
        type: 'context',
        elements: [{ type: 'plain_text', text: shown, emoji: false }],
      }));
  }
}

/** How long ago the time of a field is: Slack writes it in the reader's language and keeps it true. */
function agoOf(field: Field): RichText[] {
  const timestamp = secondsOf(field);
  if (timestamp === undefined) return [];
  return [plain(' ('), { type: 'date', timestamp, format: '{ago}', fallback: '…' }, plain(')')];
}

const preformatted = (text: string): KnownBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [plain(text)] }],
});

/** `here`, `user:ID`, `group:ID` as elements that Slack notifies of; nothing else can become one. */
function called(mentions: readonly string[]): KnownBlock[] {
  const elements = mentions.flatMap((mention): RichText[] => {
    const [kind, id = ''] = mention.split(':');
    if (kind === 'here') return [{ type: 'broadcast', range: 'here' }];
    if (!/^[A-Z0-9]{1,40}$/.test(id)) return [];
    if (kind === 'group') return [{ type: 'usergroup', usergroup_id: id }];
    return kind === 'user' ? [{ type: 'user', user_id: id }] : [];
  });
  return paragraph(elements.flatMap((element, index) => (index === 0 ? [element] : [plain(' '), element])));
}

/** At most `LIMITS.blocks` of the message's blocks, in their order; those with buttons go last when some must go. */
function ranked(blocks: readonly Block[]): Block[] {
  if (blocks.length <= LIMITS.blocks) return [...blocks];
  const buttons = blocks.filter((block) => block.kind === 'buttons').slice(0, LIMITS.actions);
  let room = LIMITS.blocks - buttons.length;
  return blocks.filter((block) => (block.kind === 'buttons' ? buttons.includes(block) : room-- > 0));
}

/** The same for built blocks (one long text becomes several). */
function atMost(limit: number, blocks: KnownBlock[]): KnownBlock[] {
  if (blocks.length <= limit) return blocks;
  let room = limit - blocks.filter((block) => block.type === 'actions').length;
  return blocks.filter((block) => block.type === 'actions' || room-- > 0).slice(0, limit);
}

const plain = (text: string): types.RichTextText => ({ type: 'text', text });

const present = (text: string, build: (text: string) => KnownBlock): KnownBlock[] =>
  text.trim() ? [build(text)] : [];

function paragraph(elements: RichText[]): KnownBlock[] {
  const empty = elements.every((element) => element.type === 'text' && !element.text.trim());
  if (empty) return [];
  return [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }];
}

/** Whether Slack returns the whole action when the button is pressed; a button that would only fail is left out. */
const fits = ({ action }: Button): boolean => encodeAction(action).length <= LIMITS.buttonValue;

function actions(buttons: readonly Button[]): KnownBlock[] {
  const rows: KnownBlock[] = [];
  for (let start = 0; start < buttons.length; start += LIMITS.actions)
    rows.push({
      type: 'actions',
      elements: buttons.slice(start, start + LIMITS.actions).map((button, index) => ({
        type: 'button',
        action_id: actionId(button.action, start + index),
        text: {
          type: 'plain_text',
          text: cut(defuse(button.label).replaceAll('\n', ' '), LIMITS.button).trim() || '…',
          emoji: false,
        },
        value: encodeAction(button.action),
        ...(button.style ? { style: button.style } : {}),
      })),
    });
  return rows;
}

/** Unique within a message; says what was pressed to people who read Slack's payloads. */
const actionId = (action: Action, index: number): string => `${action.name}-${index}`;

/**
 * The part of a message that can be appended to a native stream: its prose as Slack markdown, with every
 * character that could start markup escaped.
 */
export function toStreamText(message: Message): string {
  const prose = message.blocks.flatMap((block) => (block.kind === 'text' ? [defuse(block.text)] : []));
  return escapeMrkdwn(prose.join('\n\n'))
    .replace(/[\\`*_{}[\]()#+\-.!|~]/g, '\\$&')
    .replaceAll('://', ':\u2060//');
}
