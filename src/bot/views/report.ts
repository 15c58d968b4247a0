import { createHash } from 'node:crypto';
import type { AnalysisReport } from '../../domain/job/job.ts';
import type { Speech } from '../../i18n/format.ts';
import type { ChatFile } from '../chat/chat.ts';
import { printable } from '../chat/text.ts';
import { errorChart } from './answer.ts';
import { chartSvg } from './chart.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1e22;background:#fff}' +
  'img{max-width:100%}pre,code{font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}' +
  'table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #e3e0da;text-align:left;vertical-align:top}';
/** The hash by which a page's security policy allows the style. */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Text for HTML, with its control characters made visible. */
const html = (text: string): string => printable(text).replace(/[&<>"']/g, (char) => escapes[char]!);

/** A heavy analysis as one HTML page without scripts, for download and print. All log text is escaped. */
export function reportHtml(report: AnalysisReport, speech: Speech): string {
  const { say, number, time } = speech;
  const { answer, records, templates, window, top } = report;
  const heading = say['report.title'];
  const svg = chartSvg(errorChart(report.series, speech, {}), {
    language: speech.language,
    timeZone: speech.timeZone,
  });
  const causes = answer.causes.map(({ service, cause, confidence }, index) =>
    html(say.causeLine(index + 1, service, cause, Math.round(confidence * 100))),
  );
  const rows = top.map(
    ({ pattern, count, errors, peak }) =>
      `<tr><td>${number(count)}</td><td>${number(errors)}</td><td>${html(time(peak.at))}</td><td><code>${html(pattern)}</code></td></tr>`,
  );
  const head = (['count', 'errors', 'peak', 'pattern'] as const)
    .map((column) => `<th>${html(say[`report.${column}`])}</th>`)
    .join('');
  const section = (title: string, body: string): string => (body ? `<h2>${html(title)}</h2>\n${body}` : '');
  return `<!doctype html>
<html lang="${speech.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(heading)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${html(heading)}</h1>
<p>${html(time(window.from))} – ${html(time(window.to))} · ${html(say.jobFacts(number(records), number(templates)))}</p>
<p><strong>${html(say[`verdict.${answer.verdict}`])}</strong>: ${html(answer.root_cause || say['answer.none'])}</p>
<p>${html(answer.explanation).replaceAll('\n', '<br>')}</p>
<img alt="${html(say.digestChart)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">
${section(say['answer.causes'], causes.length > 0 ? `<ul>${causes.map((line) => `<li>${line}</li>`).join('')}</ul>` : '')}
${section(say['answer.solution'], answer.solution ? `<p>${html(answer.solution)}</p>` : '')}
${section(say['answer.evidence'], answer.evidence.length > 0 ? `<pre>${answer.evidence.map(({ line }) => html(line)).join('\n')}</pre>` : '')}
${section(say['report.templates'], rows.length > 0 ? `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>` : '')}
</body>
</html>
`;
}

/** The report as the files that go into a chat: a page for people, and the same for programs. */
export function reportFiles(jobId: string, report: AnalysisReport, speech: Speech): ChatFile[] {
  const title = speech.say['report.title'];
  const file = (extension: string, type: string, text: string): ChatFile => ({
    name: `bongsu-${jobId}.${extension}`,
    title: `${title} (${extension.toUpperCase()})`,
    type,
    data: Buffer.from(text),
  });
  return [
    file('html', 'text/html', reportHtml(report, speech)),
    file('json', 'application/json', JSON.stringify(report, undefined, 2)),
  ];
}
