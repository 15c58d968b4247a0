import { createHash } from 'node:crypto';
import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIEmbed,
  ButtonStyle,
  ComponentType,
} from 'discord.js';
import {
  type Block,
  type Button,
  encodeAction,
  type Field,
  type Message,
} from '../../domain/question/message.ts';
import { barText, cut, printable, secondsOf } from '../chat/text.ts';
import { type Fitted, TextBudget } from '../chat/text-budget.ts';
import { type Allowed, called } from './mentions.ts';

/** Discord's limits in characters and pieces (docs.discord.com, message and embed reference). */
const LIMITS = {
  content: 2_000,
  embeds: 10,
  title: 256,
  description: 4_096,
  fields: 25,
  name: 256,
  value: 1_024,
  footer: 2_048,
  /** All embeds of a message together: 6,000; a little is kept for separators. */
  total: 5_800,
  rows: 5,
  rowButtons: 5,
  label: 80,
  customId: 100,
  threadName: 100,
} as const;

const LINE = 1_000;
const DETAIL_LINE = 120;
/** Characters of details: on a phone they still leave the buttons in view when they are opened. */
const DETAILS = 700;
/** Characters of the mark that shows how long ago a time is. */
const AGO = 24;
/** Blocks of one message; more than fit into its embeds. */
const BLOCKS = 60;
/** Characters that the tag of a message takes in its footer. */
const TAG_ROOM = 20;
/** A value up to this length is shown beside its neighbours. */
const INLINE = 40;
const COLOR = { critical: 0xd92d20, warning: 0xf79009, good: 0x12b76a, neutral: 0x667085 } as const;
const FENCE = '```';
const TAG = /(?:^| · )ref ([\w-]{12})$/;

export interface DiscordMessage {
  content: string;
  embeds: APIEmbed[];
  components: APIActionRowComponent<APIButtonComponent>[];
  /** Nothing a message contains may notify anyone but those that its `mentions` name. */
  allowed_mentions: Allowed;
}

/**
 * The tag by which a message is found again. Discord keeps `nonce` only for minutes and never returns it with a
 * channel's history, so a short hash of it stands visibly at the end of the last embed's footer (`ref …`).
 */
export const tagOf = (nonce: string): string =>
  createHash('sha256').update(nonce).digest('base64url').slice(0, 12);

/** The tag of a message that was read back. */
export const readTag = (embeds: readonly { footer?: { text?: string } }[]): string | undefined =>
  TAG.exec(embeds.at(-1)?.footer?.text ?? '')?.[1];

/**
 * Escapes Discord's markdown: emphasis, spoilers, code, quotes, headings, lists, masked links, mentions, timestamps,
 * emoji, bare links (`https\://`). An `@` gets an invisible space behind it, so that it mentions nobody.
 */
export const escapeMarkdown = (text: string): string =>
  printable(text)
    .replace(/[\\*_~`|<>[\]()#:]/g, '\\$&')
    .replaceAll('@', '@\u200b')
    .replace(/^([^\S\n]*)([-+])/gm, '$1\\$2')
    .replace(/^([^\S\n]*\d+)\./gm, '$1\\.');

/** Text for a code block: two backticks are never side by side, so the text cannot end the fence. */
const code = (text: string): string => printable(text).replace(/`(?=`)/g, '`\u200b');

/** Text for a footer, which Discord does not parse. */
const bare = (text: string): string => printable(text).replaceAll('\n', ' ').replaceAll('@', '@\u200b');

/** A long cut of `raw` that is at most `limit` once encoded. Escapes are never cut in half. */
function cutEncoded(raw: string, limit: number, encode: (text: string) => string): string {
  const whole = encode(raw);
  if (whole.length <= limit) return whole;
  let low = 0;
  let high = Math.min(raw.length, limit);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (encode(raw.slice(0, middle)).length <= limit) low = middle;
    else high = middle - 1;
  }
  // The sign of the cut is escaped as well.
  let text = encode(cut(raw, low));
  while (text.length > limit && low > 0) {
    low = Math.max(0, low - 8);
    text = encode(cut(raw, low));
  }
  return text;
}

/**
 * A message as Discord's content, embeds and components. Order is kept: what does not fit an embed's fixed layout
 * (title, text, fields, picture, footer) begins the next one. Too much text is cut where it is longest.
 * @param options.tag see `tagOf`
 * @param options.images file name of each chart in order; undefined where it could not be drawn
 */
export function toDiscord(
  message: Message,
  options: { tag?: string; images?: readonly (string | undefined)[] } = {},
): DiscordMessage {
  const builder = new EmbedTexts(options.tag ? TAG_ROOM : 0, options.images ?? []);
  const builds = message.blocks
    .filter(({ kind }) => kind !== 'buttons')
    .slice(0, BLOCKS)
    .flatMap((block, index, all) => builder.add(block, isAboveText(all, index)) ?? []);
  builder.settle();
  const layout = new Layout(COLOR[message.tone]);
  for (const build of builds) build(layout);
  const heading = message.blocks.find((block) => block.kind === 'heading');
  const summary = message.summary.replace(/\s+/g, ' ').trim();
  const content =
    heading?.text.trim() === summary ? '' : cutEncoded(summary.slice(0, 1_000), 1_000, escapeMarkdown);
  const embeds = layout.done(options.tag);
  const calls = called(message.mentions ?? []);
  return {
    content: [calls.text, embeds.length === 0 && !content && !calls.text ? '…' : content].join('\n').trim(),
    embeds,
    components: rows(message.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []))),
    allowed_mentions: calls.allowed,
  };
}

/** Whether text or lines come below a block, before the next heading. */
function isAboveText(blocks: readonly Block[], index: number): boolean {
  const below = blocks.slice(index + 1);
  const heading = below.findIndex(({ kind }) => kind === 'heading');
  return below
    .slice(0, heading < 0 ? undefined : heading)
    .some(({ kind }) => kind === 'text' || kind === 'lines');
}

/** Puts one block of a message into embeds; called once the room of every text is known. */
type Build = (to: Layout) => void;

/** The texts of one message. All of them are collected first, so that the room for each is known when they are laid out. */
class EmbedTexts {
  readonly #budget = new TextBudget();
  readonly #images: readonly (string | undefined)[];
  #chart = 0;

  constructor(reserved: number, images: readonly (string | undefined)[]) {
    this.#budget.reserve(reserved);
    this.#images = images;
  }

  settle(): void {
    this.#budget.settle(LIMITS.total);
  }

  /**
   * Undefined where a block has no place in an embed.
   * @param isAbove whether text comes below it, which an embed cannot hold below its fields
   */
  add(block: Block, isAbove: boolean): Build | undefined {
    this.#budget.reserve(1);
    switch (block.kind) {
      case 'heading': {
        const text = this.#text(block.text.replace(/\s+/g, ' ').trim(), LIMITS.title);
        return (to) => to.title(text());
      }
      case 'text': {
        const text = this.#text(block.text, LIMITS.description - 10);
        return (to) => to.paragraph(text());
      }
      case 'lines':
        return this.#lines(block.lines);
      case 'progress': {
        const label = this.#text(block.label, 200);
        const bar = barText(block.fraction);
        this.#budget.reserve(bar.length);
        return (to) => to.paragraph(bar + label());
      }
      case 'fields':
        return this.#fields(block.fields, isAbove);
      case 'details':
        return this.#details(block.label, block.text, block.lines);
      case 'footnote': {
        const text = this.#text(block.text, 1_000, bare);
        this.#budget.reserve(3);
        return (to) => to.footer(text());
      }
      case 'chart':
        return this.#image(block.chart.title);
      case 'report':
      case 'buttons':
        return undefined;
    }
  }

  #text(raw: string, most: number, encode = escapeMarkdown): Fitted {
    return this.#budget.add(Math.min(most, encode(raw).length), (room) => cutEncoded(raw, room, encode));
  }

  #lines(lines: readonly string[]): Build {
    const fitted = this.#text(lines.map((line) => cut(line, LINE)).join('\n'), LIMITS.description - 20, code);
    this.#budget.reserve(2 * FENCE.length + 3);
    return (to) => {
      const text = fitted();
      if (text.trim()) to.paragraph(`${FENCE}\n${text}\n${FENCE}`);
    };
  }

  #fields(fields: readonly Field[], isAbove: boolean): Build {
    const rows = fields.slice(0, LIMITS.fields).map((field) => {
      const seconds = secondsOf(field);
      return {
        label: this.#text(field.label.replace(/\s+/g, ' ').trim() || '–', LIMITS.name),
        value: this.#text(field.value.trim() || '–', LIMITS.value - AGO),
        // Discord writes it in the reader's language and keeps it true.
        ago: seconds === undefined ? '' : ` (<t:${seconds}:R>)`,
      };
    });
    this.#budget.reserve((AGO + 8) * rows.length);
    return (to) => {
      for (const { label, value, ago } of rows)
        if (isAbove) to.paragraph(`**${label()}:** ${value()}${ago}`);
        else to.field(label(), value() + ago);
    };
  }

  /** A spoiler: a tap shows it. */
  #details(label: string, text: string, lines: readonly string[]): Build {
    const all = [text, ...lines.map((line) => cut(line, DETAIL_LINE))].join('\n').trim();
    const name = this.#text(label, LIMITS.name);
    const fitted = this.#text(all, DETAILS);
    this.#budget.reserve(4);
    return (to) => {
      const shown = fitted();
      if (shown.trim()) to.field(name(), `||${shown}||`);
    };
  }

  /** The next picture, or its title where it could not be drawn. */
  #image(title: string): Build {
    const file = this.#images[this.#chart];
    this.#chart += 1;
    if (file) return (to) => to.image(file);
    const text = this.#text(`📊 ${title}`, LIMITS.title);
    return (to) => to.paragraph(text());
  }
}

/** Embeds under construction, one after the other. */
class Layout {
  readonly #color: number;
  readonly #embeds: APIEmbed[] = [];

  constructor(color: number) {
    this.#color = color;
  }

  title(text: string): void {
    if (text.trim()) this.#on((embed) => Object.keys(embed).length === 1).title = text;
  }

  paragraph(text: string): void {
    if (!text.trim()) return;
    const embed = this.#on(
      (last) =>
        !last.fields &&
        !last.image &&
        !last.footer &&
        (last.description ?? '').length + text.length < LIMITS.description,
    );
    embed.description = embed.description ? `${embed.description}\n${text}` : text;
  }

  field(name: string, value: string): void {
    const embed = this.#on(
      (last) => !last.image && !last.footer && (last.fields?.length ?? 0) < LIMITS.fields,
    );
    embed.fields ??= [];
    embed.fields.push({
      name: name.trim() || '–',
      value: value.trim() || '–',
      inline: value.length <= INLINE,
    });
  }

  image(file: string): void {
    this.#on((last) => !last.image && !last.footer).image = { url: `attachment://${file}` };
  }

  footer(text: string): void {
    if (!text.trim()) return;
    const embed = this.#on((last) => (last.footer?.text.length ?? 0) + text.length < LIMITS.footer - 30);
    embed.footer = { text: embed.footer ? `${embed.footer.text} · ${text}` : text };
  }

  done(tag: string | undefined): APIEmbed[] {
    const embeds = this.#embeds.slice(0, LIMITS.embeds);
    if (!tag) return embeds;
    if (embeds.length === 0) embeds.push({ color: this.#color });
    const last = embeds.at(-1)!;
    last.footer = { text: `${last.footer ? `${last.footer.text} · ` : ''}ref ${tag}` };
    return embeds;
  }

  /** The last embed where it still has room for what comes, else a new one. */
  #on(fits: (embed: APIEmbed) => boolean): APIEmbed {
    const last = this.#embeds.at(-1);
    if (last && fits(last)) return last;
    const next: APIEmbed = { color: this.#color };
    this.#embeds.push(next);
    return next;
  }
}

function rows(buttons: readonly Button[]): APIActionRowComponent<APIButtonComponent>[] {
  const seen = new Set<string>();
  const usable = buttons.filter(({ action }) => {
    const id = encodeAction(action);
    // Discord refuses a message in which two buttons have one id, or one that is too long.
    if (seen.has(id) || id.length > LIMITS.customId) return false;
    seen.add(id);
    return true;
  });
  const out: APIActionRowComponent<APIButtonComponent>[] = [];
  for (let start = 0; start < usable.length && out.length < LIMITS.rows; start += LIMITS.rowButtons)
    out.push({
      type: ComponentType.ActionRow,
      components: usable.slice(start, start + LIMITS.rowButtons).map(({ label, style, action }) => ({
        type: ComponentType.Button,
        style: style === 'danger' ? ButtonStyle.Danger : style ? ButtonStyle.Primary : ButtonStyle.Secondary,
        label: cut(printable(label).replace(/\s+/g, ' ').trim(), LIMITS.label) || '…',
        custom_id: encodeAction(action),
      })),
    });
  return out;
}

/** A thread's name: one line, never empty. */
export const threadName = (title: string): string =>
  cut(printable(title).replace(/\s+/g, ' ').trim(), LIMITS.threadName) || 'bongsu';
