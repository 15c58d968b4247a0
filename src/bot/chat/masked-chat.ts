import type { Block, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { CATALOGUES } from '../../i18n/catalogues.ts';
import { tellsOfHidden } from '../../masking/redact.ts';
import { type Discretion, shownTo } from '../../masking/shown.ts';
import type { Chat, ChatHandlers, ChatRequest, LiveMessage } from './chat.ts';

export interface MaskedOptions {
  /** `mask.chat` of the configuration. */
  discretion: Discretion;
  /** Of what is said to nobody in particular. */
  language: Language;
  /** Where the console page is, which shows what is hidden here. */
  page: string;
}

/** Makes a message such that a chat may have it. */
type MaskMessage = (message: Message) => Message;

function maskingFor({ discretion, language, page }: MaskedOptions): MaskMessage {
  const hint: Block = { kind: 'footnote', text: CATALOGUES[language].chat.hiddenHere(page) };
  return (message) => {
    const { summary, blocks } = message;
    const seen = shownTo(discretion, { summary, blocks }, { material: 'sentences', keep: page });
    const same = seen.blocks.map((block, index) => withOwnActions(block, blocks[index]!));
    // The lines may have been masked before a view shortened them.
    if (!tellsOfHidden(JSON.stringify([seen.summary, same]))) return message;
    return { ...message, summary: seen.summary, blocks: [...same, hint] };
  };
}

/** What a button does, and which job a report is of, are ids. */
function withOwnActions(seen: Block, own: Block): Block {
  if (own.kind === 'report') return own;
  if (own.kind !== 'buttons' || seen.kind !== 'buttons') return seen;
  return {
    ...own,
    buttons: own.buttons.map((button, index) => ({ ...button, label: seen.buttons[index]!.label })),
  };
}

/**
 * A chat outside of the operator's machines. All that leaves for it leaves through here: whatever view made a message, what is
 * to be hidden in it is hidden.
 */
export function maskedChat(chat: Chat, options: MaskedOptions): Chat {
  const { discretion } = options;
  if (discretion === 'none') return chat;
  const mask = maskingFor(options);
  const titled = <T extends { opensThread?: string }>(given: T): T =>
    given.opensThread === undefined
      ? given
      : { ...given, opensThread: shownTo(discretion, given.opensThread, { material: 'sentences' }) };
  const requestOf = (request: ChatRequest): ChatRequest => {
    const own = maskingFor({ ...options, language: request.user.language ?? options.language });
    return {
      ...request,
      reply: async (message, to) => maskedLive(await request.reply(own(message), to), own),
    };
  };
  const handlersOf = (handlers: ChatHandlers): ChatHandlers => ({
    request: (request) => handlers.request(requestOf(request)),
    complete: (option, typed) => handlers.complete(option, typed),
  });
  return {
    name: chat.name,
    alertChannel: chat.alertChannel,
    ...(chat.pace ? { pace: chat.pace } : {}),
    shown: (value) => shownTo(discretion, value),
    start: (handlers) => chat.start(handlersOf(handlers)),
    post: (place, message, given) => chat.post(place, mask(message), titled(given)),
    edit: (ref, message) => chat.edit(ref, mask(message)),
    find: (place, nonce, since, given) => chat.find(place, nonce, since, given && titled(given)),
    ...(chat.attach ? { attach: (ref, message, nonce) => chat.attach!(ref, mask(message), nonce) } : {}),
    ...(chat.mend ? { mend: (code) => chat.mend!(code) } : {}),
    health: () => chat.health(),
    [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose](),
  };
}

const maskedLive = (live: LiveMessage, mask: MaskMessage): LiveMessage => ({
  ...(live.ref ? { ref: live.ref } : {}),
  update: (message) => live.update(mask(message)),
  finish: (message) => live.finish(mask(message)),
});
