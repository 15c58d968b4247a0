// The console page: channel, thread, paste view, and what connects them. The address after # says what is shown.
import { createComposer } from './composer.js';
import { byId, element } from './element.js';
import { createFeed } from './feed.js';
import { showHealth } from './health.js';
import { opensThread, useTimeZone } from './message.js';
import { createPaste } from './paste.js';
import { call, openRoom } from './room.js';
import { chooseLanguage, currentLanguage, fill, text } from './strings.js';

const TRY = { en: ['/logs help', '/logs health'], ko: ['/logs 도움말', '/logs 상태'] };
/** Their answer is written into the thread, so the thread is shown. */
const ANSWERED_IN_THREAD = new Set(['why', 'summarize', 'more']);
const BUTTON_REST_MS = 4_000;
const TOAST_MS = 6_000;
const DRAW_MS = 40;

const settings = await call('/api/console').catch(() => ({ language: navigator.language, chat: true }));
useTimeZone(settings.timeZone ?? 'UTC');
// What a person chose; else what their browser speaks, when it is a language of ours; else that of the server.
chooseLanguage(
  localStorage.getItem('language') ??
    navigator.languages.find((language) => /^(ko|en)\b/i.test(language)) ??
    settings.language,
);

let services = [];
let sample;
let thread;
/** The newest alert opens by itself until a person has chosen what to see. */
let chosen = false;

let toastTimer;
function toast(words) {
  const box = byId('toast');
  box.textContent = words;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    box.hidden = true;
  }, TOAST_MS);
}
const failed = ({ status }) =>
  toast(text(status === 0 ? 'error.offline' : status === 503 ? 'error.limited' : 'error.server'));

const person = () => byId('name').value.trim() || text('name.nobody');

async function send(typed, inThread) {
  try {
    await call('/api/say', {
      text: typed,
      user: person(),
      language: currentLanguage(),
      ...(inThread ? { thread: inThread } : {}),
    });
    (inThread ? threadFeed : channelFeed).toEnd();
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

async function press(message, action, button) {
  button.disabled = true;
  button.setAttribute('aria-busy', 'true');
  // Usually the message changes and is drawn anew before that.
  setTimeout(() => {
    button.disabled = false;
    button.removeAttribute('aria-busy');
  }, BUTTON_REST_MS);
  const isParent = opensThread(message);
  if (isParent && ANSWERED_IN_THREAD.has(action.name)) openThread(message.id);
  const inThread = message.thread ?? (isParent ? message.id : undefined);
  try {
    await call('/api/press', {
      action,
      user: person(),
      language: currentLanguage(),
      ...(inThread ? { thread: inThread } : {}),
    });
    if (inThread && ANSWERED_IN_THREAD.has(action.name)) threadFeed.toEnd();
  } catch (error) {
    button.disabled = false;
    failed(error);
  }
}

const feed = (name, handlers) =>
  createFeed({ list: byId(name), scroll: byId(`${name}-scroll`), jump: byId(`${name}-jump`) }, handlers);
const pressOn = (message) => (action, button) => press(message, action, button);
const channelFeed = feed('channel', (message) => ({
  press: pressOn(message),
  open: () => openThread(message.id),
}));
const threadFeed = feed('thread', (message) => ({ press: pressOn(message) }));

const openThread = (id) => {
  location.hash = `#/thread/${encodeURIComponent(id)}`;
};

const isOpenAlert = (message) => opensThread(message) && message.message.tone === 'critical';

function drawChannel(options) {
  const messages = room?.channel() ?? [];
  channelFeed.show(messages, options);
  byId('channel-empty').hidden = messages.length > 0;
  for (const node of byId('channel').children) node.classList.toggle('chosen', node.dataset.id === thread);
  const alert = messages.findLast(isOpenAlert);
  if (!chosen && !thread && alert && location.hash.length < 3 && matchMedia('(min-width: 900px)').matches) {
    history.replaceState(null, '', `#/thread/${encodeURIComponent(alert.id)}`);
    route();
  }
}
function drawThread(options) {
  const parent = thread && room?.get(thread);
  byId('thread-empty').hidden = Boolean(parent);
  byId('thread-close').hidden = !thread;
  byId('thread-composer').hidden = !parent;
  const replies = parent ? room.thread(thread) : [];
  threadFeed.show(parent ? [parent, ...replies] : [], options);
  byId('thread').classList.toggle('has-replies', replies.length > 0);
}
function draw(options) {
  drawChannel(options);
  drawThread(options);
  const open = (room?.channel() ?? []).filter(isOpenAlert).length;
  document.title = open ? `(${open}) Bongsu` : 'Bongsu';
}

async function showThread(id) {
  if (id === thread) return;
  thread = id;
  draw();
  if (!id || !room) return;
  threadFeed.toStart();
  try {
    await Promise.all([room.loadThread(id), room.loaded]);
    if (thread !== id) return;
    if (!room.get(id)) toast(text('error.thread'));
    draw();
    // On a fresh page the alert whose thread is open stands beside it, whatever came after it.
    if (!chosen) channelFeed.reveal(id);
  } catch (error) {
    failed(error);
  }
}

function route() {
  const [, view, id] = location.hash.split('/');
  const pasting = view === 'paste' || !settings.chat;
  byId('paste').hidden = !pasting;
  byId('room').hidden = pasting;
  byId('tab-paste').ariaCurrent = pasting ? 'page' : null;
  byId('tab-channel').ariaCurrent = pasting ? null : 'page';
  document.body.classList.toggle('in-thread', view === 'thread');
  if (pasting) paste.focus();
  else showThread(view === 'thread' && id ? decodeURIComponent(id) : undefined);
}
window.addEventListener('hashchange', () => {
  chosen = true;
  route();
});

function useLanguage(language) {
  chooseLanguage(language);
  fill(document);
  for (const button of document.querySelectorAll('[data-language]'))
    button.setAttribute('aria-pressed', String(button.dataset.language === currentLanguage()));
  byId('try').replaceChildren(
    ...TRY[currentLanguage()].map((command) =>
      element('button', { type: 'button', class: 'chip', onclick: () => send(command) }, command),
    ),
  );
  if (!settings.chat) byId('connection').textContent = text('connection.none');
  showHealth(byId('health'), sample);
  paste.draw();
  draw({ redraw: true });
}

let loadedServicesAt = 0;
function knownServices() {
  if (Date.now() - loadedServicesAt > 30_000) {
    loadedServicesAt = Date.now();
    call('/api/services').then(
      (found) => {
        services = found.services;
      },
      () => {},
    );
  }
  return services;
}

let room;
const paste = createPaste();
const channelComposer = createComposer(byId('channel-composer'), {
  id: 'channel-command',
  placeholder: 'command.channel',
  commands: settings.commands ?? [],
  services: knownServices,
  send: (typed) => send(typed),
});
createComposer(byId('thread-composer'), {
  id: 'thread-command',
  placeholder: 'command.thread',
  commands: settings.commands ?? [],
  services: knownServices,
  send: (typed) => send(typed, thread),
});

byId('name').value = localStorage.getItem('name') ?? '';
byId('name').addEventListener('change', () => localStorage.setItem('name', byId('name').value.trim()));
for (const button of document.querySelectorAll('[data-language]'))
  button.addEventListener('click', () => {
    localStorage.setItem('language', button.dataset.language);
    useLanguage(button.dataset.language);
  });
byId('thread-close').addEventListener('click', () => {
  location.hash = '#/';
});
byId('sign-out').hidden = !settings.token;
byId('sign-out').addEventListener('click', () =>
  call('/logout', {}).then(() => location.assign('/login'), failed),
);
document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input, textarea');
  if (event.key === '/' && !typing && !byId('room').hidden) {
    event.preventDefault();
    channelComposer.write('/logs ');
  } else if (event.key === 'Escape') {
    const open = document.querySelector('.backends[open]');
    if (open) open.open = false;
    else if (thread && !typing) location.hash = '#/';
  }
});
document.addEventListener('click', (event) => {
  const open = document.querySelector('.backends[open]');
  if (open && !open.contains(event.target)) open.open = false;
});

useLanguage(currentLanguage());
let drawing = false;
let arrived = false;
room = openRoom(settings.chat, {
  // A storm of changes is drawn once.
  changed(id, isNew) {
    arrived ||= Boolean(isNew);
    const message = id && room.get(id);
    if (isNew && message.fromBot) byId('announcer').textContent = message.message.summary;
    if (drawing) return;
    drawing = true;
    setTimeout(() => {
      drawing = false;
      draw({ arrived });
      arrived = false;
    }, DRAW_MS);
  },
  connected(yes) {
    if (settings.chat) byId('connection').textContent = yes ? '' : text('connection.lost');
  },
  health(next) {
    sample = next;
    showHealth(byId('health'), sample);
  },
});
route();
knownServices();
