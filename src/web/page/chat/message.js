// One chat message as elements. Its text goes into text nodes only, so a log line can never become markup.
import { ago } from '../parts/ago.js';
import { element } from '../parts/element.js';
import { linesBox } from '../parts/lines.js';
import { currentLanguage, text } from '../parts/strings.js';

/** An alert in the channel shows few lines, so that its buttons are in view. */
const ALERT_LINES_SHOWN = 3;
/** Values longer than this get a row of their own. */
const LONG_VALUE = 44;
/** About how many letters tell how long ago a time is. */
const AGO = 16;

/** Keys of the details that a person opened. They stay open when their message is drawn again. */
const unfolded = new Set();
const keepUnfolded =
  (key) =>
  ({ currentTarget }) =>
    currentTarget.open ? unfolded.add(key) : unfolded.delete(key);

let timeZone = 'UTC';
export const useTimeZone = (zone) => {
  timeZone = zone;
};

/** The time of day; with the date when it is not today. */
function timeText(at) {
  const format = (options) => new Intl.DateTimeFormat(currentLanguage(), { timeZone, ...options });
  const day = format({ dateStyle: 'short' });
  const clock = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
  return day.format(at) === day.format(Date.now())
    ? clock
    : `${format({ month: 'short', day: 'numeric' }).format(at)} ${clock}`;
}
const fullTime = (at) =>
  `${new Intl.DateTimeFormat(currentLanguage(), { timeZone, dateStyle: 'full', timeStyle: 'medium' }).format(at)} (${timeZone})`;

function chartPicture(chart, svg) {
  const peak = chart.series[0] ? Math.max(0, ...chart.series[0].values) : 0;
  return element(
    'figure',
    { class: 'chart' },
    svg
      ? element('img', {
          src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`,
          alt: `${chart.title}: ${chart.series[0]?.name ?? ''} ≤ ${peak}`,
        })
      : element('figcaption', {}, chart.title),
  );
}

/** The report of a job as files to save. */
function reportLinks({ jobId, language }) {
  const address = (kind) => `/reports/${encodeURIComponent(jobId)}.${kind}?download&language=${language}`;
  return element(
    'p',
    { class: 'footnote' },
    text('message.report'),
    ['html', 'json'].flatMap((kind) => [
      ' ',
      element('a', { href: address(kind), download: '' }, kind.toUpperCase()),
    ]),
  );
}

function progressBar(block) {
  const percent = Math.round(Math.min(1, Math.max(0, block.fraction)) * 100);
  const done = percent >= 100;
  return element(
    'div',
    { class: 'progress' },
    element(
      'div',
      { class: 'progress-label' },
      done ? undefined : element('span', { class: 'spinner', 'aria-hidden': 'true' }),
      element('span', {}, block.label),
      percent > 0 ? element('span', { class: 'dim' }, `${percent}%`) : undefined,
    ),
    element('progress', { max: 100, ...(percent > 0 ? { value: percent } : {}), 'aria-label': block.label }),
  );
}

/** The blocks of a message. `press(action, button)` runs when a button is pressed. */
function blocks(shown, press, inChannel) {
  let charts = 0;
  return shown.message.blocks.map((block, index) => {
    switch (block.kind) {
      case 'heading':
        return element('h3', {}, block.text);
      case 'text':
        return element('p', { class: 'text' }, block.text);
      case 'fields':
        return element(
          'dl',
          { class: 'fields' },
          block.fields.map((field) =>
            element(
              'div',
              { class: field.value.length + (field.at ? AGO : 0) > LONG_VALUE ? 'long' : '' },
              element('dt', {}, field.label),
              element('dd', {}, field.value, Number.isFinite(field.at) ? ago(field.at) : undefined),
            ),
          ),
        );
      case 'lines':
        return linesBox(
          block.lines,
          `${shown.id}/${index}`,
          inChannel && opensThread(shown) ? ALERT_LINES_SHOWN : undefined,
        );
      case 'details':
        return element(
          'details',
          {
            class: 'more',
            open: unfolded.has(`${shown.id}/${index}`),
            ontoggle: keepUnfolded(`${shown.id}/${index}`),
          },
          element('summary', {}, block.label),
          element('p', { class: 'text' }, block.text),
          block.lines.length > 0 ? linesBox(block.lines, `${shown.id}/${index}`) : undefined,
        );
      case 'footnote':
        return element('p', { class: 'footnote' }, block.text);
      case 'progress':
        return progressBar(block);
      case 'chart':
        return chartPicture(block.chart, shown.charts[charts++]);
      case 'report':
        return reportLinks(block);
      case 'buttons':
        return element(
          'div',
          { class: 'buttons' },
          block.buttons.map((button) =>
            element(
              'button',
              {
                type: 'button',
                class: button.style ?? '',
                'data-action': `${button.action.name}|${button.action.subject}|${button.action.value ?? ''}`,
                onclick: (event) => press(button.action, event.currentTarget),
              },
              button.label,
            ),
          ),
        );
      default:
        return undefined;
    }
  });
}

/** The channel shows the whole alert. In its thread only heading and buttons show; the rest unfolds. */
function body(shown, on) {
  const all = blocks(shown, on.press, on.open !== undefined);
  if (on.open || !opensThread(shown)) return element('div', { class: 'body' }, all);
  const stays = (node) => node?.matches('h3, .buttons');
  return element(
    'div',
    { class: 'body' },
    all.filter((node) => node?.matches('h3')),
    element(
      'details',
      { class: 'folded' },
      element('summary', {}, text('thread.alert')),
      element(
        'div',
        { class: 'body' },
        all.filter((node) => !stays(node)),
      ),
    ),
    all.filter((node) => node?.matches('.buttons')),
  );
}

const actions = (shown) =>
  shown.message.blocks.flatMap((block) =>
    block.kind === 'buttons' ? block.buttons.map((button) => button.action.name) : [],
  );
/** A message with a stop button is still being written. */
const isWorking = (shown) => actions(shown).includes('stop');
/** An alert has a thread from the start; another message has one once someone replied. */
export const opensThread = (shown) =>
  !shown.thread &&
  !shown.private &&
  (shown.replies !== undefined || actions(shown).some((name) => name === 'resolve' || name === 'reopen'));

/**
 * @param shown a message as the server sends it
 * @param on press(action, button), and open() to open its thread (absent in the thread pane)
 */
export function messageElement(shown, on) {
  const { message } = shown;
  const replies = shown.replies ?? 0;
  const hasThread = on.open !== undefined && opensThread(shown);
  const isCard = shown.fromBot && (message.tone !== 'neutral' || message.blocks.length > 1);
  const time = element('time', { datetime: new Date(shown.at).toISOString() }, timeText(shown.at));
  time.title = fullTime(shown.at);
  return element(
    'article',
    {
      class: `message ${shown.fromBot ? 'bot' : 'person'} ${isCard ? 'card' : ''} ${opensThread(shown) ? 'alert' : ''} tone-${message.tone}`,
      'data-id': shown.id,
      'aria-label': message.summary,
      'aria-busy': isWorking(shown) ? 'true' : undefined,
      tabindex: 0,
    },
    shown.fromBot
      ? element('img', { class: 'avatar', src: '/logo.svg', alt: '', width: 28, height: 28 })
      : element('span', { class: 'avatar', 'aria-hidden': 'true' }, [...shown.author][0] ?? '?'),
    element(
      'div',
      { class: 'message-main' },
      element(
        'div',
        { class: 'byline' },
        element('span', { class: 'author' }, shown.author),
        time,
        isWorking(shown)
          ? element(
              'span',
              { class: 'at-work' },
              element('span', { class: 'spinner', 'aria-hidden': 'true' }),
              text('message.working'),
            )
          : undefined,
        shown.private ? element('span', { class: 'private' }, text('message.private')) : undefined,
        shown.editedAt && !shown.fromBot
          ? element('span', { class: 'dim' }, text('message.edited'))
          : undefined,
      ),
      body(shown, on),
      hasThread
        ? element(
            'button',
            { type: 'button', class: 'replies', onclick: on.open },
            replies === 0
              ? text('thread.open')
              : replies === 1
                ? text('thread.reply')
                : text('thread.replies', { n: replies }),
          )
        : undefined,
    ),
  );
}
