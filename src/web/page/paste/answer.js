// The answer of `/analyze`, laid out for reading.

import { element } from '../parts/element.js';
import { linesBox } from '../parts/lines.js';
import { text } from '../parts/strings.js';

const TONES = { normal: 'good', warning: 'warning', critical: 'critical' };
const percent = (fraction) => `${Math.round(fraction * 100)}%`;

const part = (key, ...content) => element('section', {}, element('h4', {}, text(key)), ...content);
const list = (items) =>
  element(
    'ul',
    {},
    items.map((item) => element('li', {}, item)),
  );

function severity(value) {
  return element(
    'span',
    { class: 'severity', title: `${text('answer.severity')}: ${text('answer.severity_of', { n: value })}` },
    element('span', { class: 'dim' }, text('answer.severity')),
    element(
      'span',
      { class: 'pips', 'aria-hidden': 'true' },
      [1, 2, 3, 4, 5].map((step) => element('i', { class: step <= value ? `on s${value}` : '' })),
    ),
    element('span', {}, text('answer.severity_of', { n: value })),
  );
}

function cause(entry, index) {
  return element(
    'li',
    {},
    element(
      'div',
      { class: 'cause' },
      element('strong', {}, entry.service),
      element('span', { class: 'dim' }, percent(entry.confidence)),
      element('p', {}, entry.cause),
    ),
    entry.evidence.length
      ? linesBox(
          entry.evidence.map(({ line }) => line),
          `cause/${index}`,
        )
      : '',
  );
}

function footnote(answer) {
  const { tokens } = answer;
  return [
    answer.model === 'none' ? text('answer.no_model') : answer.model,
    tokens.prompt + tokens.completion ? `${tokens.prompt} + ${tokens.completion} tokens` : '',
    answer.usd ? `$${answer.usd.toFixed(4)}` : '',
    `${(answer.duration_ms / 1_000).toFixed(1)} s`,
    answer.cached ? text('answer.cached') : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** @param state what is known so far: `answer`, `final` (no more comes), `words` (what a model is writing) */
export function showAnswer(root, { answer, words, final }) {
  if (!answer) return root.replaceChildren(element('p', { class: 'text writing' }, words ?? ''));
  const tone = TONES[answer.anomaly_status];
  root.replaceChildren(
    element(
      'article',
      { class: `answer card tone-${tone}` },
      element(
        'div',
        { class: 'answer-head' },
        element('span', { class: `badge ${tone}` }, text(`status.${answer.anomaly_status}`)),
        element(
          'span',
          { class: 'badge' },
          `${text(`verdict.${answer.verdict}`)} · ${percent(answer.confidence)}`,
        ),
        severity(answer.severity),
      ),
      final ? '' : element('p', { class: 'dim' }, text('paste.draft')),
      element('p', { class: `text lead ${final ? '' : 'writing'}` }, words ?? answer.explanation),
      element(
        'dl',
        { class: 'fields wide' },
        ['error_type', 'root_cause', 'solution'].map((name) =>
          element(
            'div',
            {},
            element('dt', {}, text(`answer.${name}`)),
            element('dd', {}, answer[name] || text('answer.none')),
          ),
        ),
      ),
      answer.detected_issues.length ? part('answer.issues', list(answer.detected_issues)) : '',
      answer.causes.length
        ? part('answer.causes', element('ol', { class: 'causes' }, answer.causes.map(cause)))
        : '',
      answer.evidence.length
        ? part(
            'answer.evidence',
            linesBox(
              answer.evidence.map(({ line, count }) =>
                count > 1 ? `${line}   (${text('answer.times', { n: count })})` : line,
              ),
              'evidence',
            ),
          )
        : '',
      answer.ruled_out.length ? part('answer.ruled_out', list(answer.ruled_out)) : '',
      element('p', { class: 'footnote' }, footnote(answer)),
    ),
  );
}
