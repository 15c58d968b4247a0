// The console page: which view is shown (the address after # says it), and the strip at the top.
import { Chat } from './chat/chat.js';
import { useTimeZone } from './chat/message.js';
import { showHealth } from './health.js';
import { Incidents } from './incidents/incidents.js';
import { byId, element } from './parts/element.js';
import { call } from './parts/server.js';
import { chooseLanguage, currentLanguage, fill, text } from './parts/strings.js';
import { toastFailure } from './parts/toast.js';
import { Paste } from './paste/paste.js';

const TRY = { en: ['/logs help', '/logs health'], ko: ['/logs 도움말', '/logs 상태'] };

const settings = await call('/api/console').catch(() => ({ language: navigator.language, chat: true }));
useTimeZone(settings.timeZone ?? 'UTC');
// What a person chose; else the language of the browser, when it is Korean or English; else that of the server.
chooseLanguage(
  localStorage.getItem('language') ??
    navigator.languages.find((language) => /^(ko|en)\b/i.test(language)) ??
    settings.language,
);

/** The last health sample. */
let sample;
const paste = new Paste();
const incidents = new Incidents(settings.timeZone ?? 'UTC', {
  opens(thread) {
    location.hash = `#/thread/${encodeURIComponent(thread)}`;
  },
});
const chat = new Chat(settings.chat, {
  commands: settings.commands ?? [],
  drawn: () => settings.chat && incidents.refresh(),
  health(next) {
    sample = next;
    if (settings.chat) incidents.refresh();
    showHealth(byId('health'), sample);
  },
  opened: route,
});

function route() {
  const [, view, id] = location.hash.split('/');
  const pasting = view === 'paste' || !settings.chat;
  byId('paste').hidden = !pasting;
  byId('room').hidden = pasting;
  byId('tab-paste').ariaCurrent = pasting ? 'page' : null;
  byId('tab-channel').ariaCurrent = pasting ? null : 'page';
  document.body.classList.toggle('in-thread', view === 'thread');
  if (pasting) paste.focus();
  else chat.showThread(view === 'thread' && id ? decodeURIComponent(id) : undefined);
  incidents.choose(view === 'thread' && id ? decodeURIComponent(id) : undefined);
}
window.addEventListener('hashchange', () => {
  chat.personChose();
  route();
});

function useLanguage(language) {
  chooseLanguage(language);
  fill(document);
  for (const button of document.querySelectorAll('[data-language]'))
    button.setAttribute('aria-pressed', String(button.dataset.language === currentLanguage()));
  byId('try').replaceChildren(
    ...TRY[currentLanguage()].map((command) =>
      element('button', { type: 'button', class: 'chip', onclick: () => chat.send(command) }, command),
    ),
  );
  if (!settings.chat) byId('connection').textContent = text('connection.none');
  showHealth(byId('health'), sample);
  paste.draw();
  chat.draw({ redraw: true });
  incidents.draw();
}
for (const button of document.querySelectorAll('[data-language]'))
  button.addEventListener('click', () => {
    localStorage.setItem('language', button.dataset.language);
    useLanguage(button.dataset.language);
  });

byId('name').value = localStorage.getItem('name') ?? '';
byId('name').addEventListener('change', () => localStorage.setItem('name', byId('name').value.trim()));
byId('thread-close').addEventListener('click', () => {
  location.hash = '#/';
});
byId('sign-out').hidden = !settings.token;
byId('sign-out').addEventListener('click', () =>
  call('/logout', {}).then(() => location.assign('/login'), toastFailure),
);

document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input, textarea');
  if (event.key === '/' && !typing && !byId('room').hidden) {
    event.preventDefault();
    chat.write('/logs ');
  } else if (event.key === 'Escape') {
    const open = document.querySelector('.backends[open]');
    if (open) open.open = false;
    else if (chat.thread && !typing) location.hash = '#/';
  }
});
document.addEventListener('click', (event) => {
  const open = document.querySelector('.backends[open]');
  if (open && !open.contains(event.target)) open.open = false;
});

useLanguage(currentLanguage());
route();
