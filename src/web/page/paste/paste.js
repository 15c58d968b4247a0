// Paste logs: text in, a streamed answer out.

import { byId, element } from '../parts/element.js';
import { currentLanguage, text } from '../parts/strings.js';
import { showAnswer } from './answer.js';

const MAX_TEXT = 2_000_000;

/** The events of a `text/event-stream` response that answers a POST (EventSource can only GET). */
async function* eventsOf(response) {
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part);
      if (data) yield { event: /^event: (.*)$/m.exec(part)?.[1] ?? 'message', data: JSON.parse(data[1]) };
    }
  }
}

export function createPaste() {
  const area = byId('paste-text');
  const result = byId('paste-answer');
  const working = byId('paste-working');
  const error = byId('paste-error');
  let view = 'read';
  let running;
  /** {answer, words, final}: what is known of the answer so far. */
  let state = {};

  function draw() {
    byId('paste-copy').hidden = !state.answer;
    if (!state.answer && !state.words)
      return result.replaceChildren(element('p', { class: 'dim placeholder' }, text('paste.empty')));
    if (view === 'json')
      return result.replaceChildren(
        element('pre', { class: 'json', tabindex: 0 }, JSON.stringify(state.answer ?? {}, null, 2)),
      );
    showAnswer(result, state);
  }
  function say(words) {
    working.replaceChildren(
      ...(words && running ? [element('span', { class: 'spinner', 'aria-hidden': 'true' })] : []),
      words,
    );
  }
  function fail(words) {
    error.textContent = words;
  }

  const handlers = {
    step: ({ step }) => say(text(`step.${step}`)),
    draft: ({ answer }) => {
      state = { answer, final: false };
    },
    text: ({ text: words }) => {
      state = { ...state, words };
    },
    answer: ({ answer }) => {
      state = { answer, final: true };
      say('');
    },
    problem: ({ status, detail }) => {
      fail(status === 400 || status === 413 ? detail : text('error.server'));
    },
  };

  async function analyze() {
    fail('');
    if (!area.value.trim()) {
      fail(text('paste.nothing'));
      return area.focus();
    }
    if (area.value.length > MAX_TEXT) return fail(text('paste.large', { n: MAX_TEXT.toLocaleString() }));
    running = new AbortController();
    state = {};
    draw();
    say(text('step.evidence'));
    byId('paste-go').disabled = true;
    byId('paste-stop').hidden = false;
    try {
      const response = await fetch('/analyze', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          text: area.value,
          temperature: Number(byId('paste-temperature').value),
          language: currentLanguage(),
          stream: true,
        }),
        signal: running.signal,
      });
      if (response.status === 401) return location.assign('/login');
      if (!response.ok) return fail(text(response.status === 503 ? 'error.limited' : 'error.server'));
      for await (const { event, data } of eventsOf(response)) {
        handlers[event]?.(data);
        draw();
      }
    } catch {
      fail(text(running.signal.aborted ? 'paste.stopped' : 'error.offline'));
    } finally {
      running = undefined;
      say('');
      byId('paste-go').disabled = false;
      byId('paste-stop').hidden = true;
    }
  }

  byId('paste-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!running) analyze();
  });
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('paste-form').requestSubmit();
  });
  byId('paste-stop').addEventListener('click', () => running?.abort());
  byId('paste-temperature').addEventListener('input', (event) => {
    byId('paste-temperature-value').textContent = Number(event.target.value).toFixed(1);
  });
  byId('paste-file').addEventListener('change', async (event) => {
    const [file] = event.target.files;
    event.target.value = '';
    if (!file) return;
    fail('');
    if (file.size > MAX_TEXT * 3) return fail(text('paste.large', { n: MAX_TEXT.toLocaleString() }));
    try {
      area.value = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    } catch {
      fail(text('paste.binary'));
    }
  });
  for (const button of byId('paste-view').querySelectorAll('button'))
    button.addEventListener('click', () => {
      view = button.dataset.view;
      for (const other of byId('paste-view').querySelectorAll('button'))
        other.setAttribute('aria-pressed', String(other === button));
      draw();
    });
  byId('paste-copy').addEventListener('click', async (event) => {
    await navigator.clipboard.writeText(JSON.stringify(state.answer, null, 2));
    event.target.textContent = text('message.copied');
    setTimeout(() => {
      event.target.textContent = text('paste.copy');
    }, 1_500);
  });

  return { draw, focus: () => area.focus() };
}
