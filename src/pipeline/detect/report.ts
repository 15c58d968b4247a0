import { hash } from 'node:crypto';
import { type Anomaly, defaultSeverity } from '../../domain/alert/anomaly.ts';
import { cutText } from '../../domain/log/record.ts';
import type { Language } from '../../domain/question/question.ts';
import { speech } from '../../i18n/format.ts';
import { percent } from '../../i18n/numbers.ts';
import type { Finding } from './lines/line-detectors.ts';
import type { ServiceState } from './services/service-window.ts';
import type { Signal, SignalTemplate } from './signal.ts';
import { titleOf } from './title.ts';

/** What goes on in a service from its first signal until it is quiet again: one problem, reported ever more rarely. */
export interface Episode {
  status: 'warning' | 'critical';
  /** The template it is known by; the same for all its anomalies, so that they belong to one incident. */
  template?: SignalTemplate;
  since: number;
  /** Time of the first line that was not reported yet. */
  from: number;
  lastSignal: number;
  nextReport: number;
  step: number;
  /** Lines behind signals since the last report. */
  count: number;
}

const ISSUES = 5;
const SENTENCES = 4;
const MAX_PATTERN = 4_000;

/** Writes anomalies: every detector that fired, on what numbers, in the configured language. */
export function createReporter(options: {
  bucketMs: number;
  language: Language;
  timeZone: string;
  /** Services that lines name as failing. */
  namedIn: (lines: string[], own: string) => string[];
}) {
  const { bucketMs, language, timeZone, namedIn } = options;
  const seconds = bucketMs / 1_000;
  const { detections: words, clock, roughly } = speech(language, timeZone);

  function report(
    service: ServiceState,
    signals: Signal[],
    episode: Episode,
    status: Episode['status'],
  ): Anomaly {
    const strongest = signals.find((signal) => signal.error || status !== 'critical') ?? signals[0]!;
    // Agreement of several detectors adds a little; they look at the same lines, so it is no independent proof.
    const confidence = Math.min(0.99, strongest.confidence + 0.02 * (signals.length - 1));
    const told = [leading(signals, status), episode.template, ...signals.map((signal) => signal.template)];
    const templates = [...new Set(told)].filter((template) => template !== undefined);
    const samples = samplesOf(templates);
    const named = namedIn(samples, service.name);
    const to = service.lastTime + 1;
    const { from, count } = episode;
    episode.from = to;
    episode.count = 0;
    // A service begins once: read again, also by a process that has learned nothing yet, it is the same anomaly.
    const when = strongest.detector === 'failing-start' ? '' : service.bucket;
    const id = hash('sha1', [service.name, when, status, strongest.detector].join('\u0000'), 'hex');
    return {
      id: `an-${id.slice(0, 20)}`,
      anomaly_status: status,
      confidence: round(confidence, 2),
      detected_issues: issuesOf(service, signals, templates),
      explanation: explain(service, signals, episode, named),
      service: service.name,
      ...(service.hosts.size === 1 ? { host: [...service.hosts][0]! } : {}),
      detected_at: new Date(service.lastTime).toISOString(),
      window: { from: new Date(Math.min(from, to - 1)).toISOString(), to: new Date(to).toISOString() },
      ...(episode.template
        ? { template: { id: episode.template.id, pattern: cutText(episode.template.pattern, MAX_PATTERN) } }
        : {}),
      sample_lines: samples,
      score: round(strongest.score, 2),
      detector: strongest.detector,
      ...(episode.template?.traceId ? { trace_id: episode.template.traceId } : {}),
      severity: defaultSeverity(status, confidence),
      names: named,
      count,
    };
  }

  function issuesOf(service: ServiceState, signals: Signal[], templates: SignalTemplate[]): string[] {
    const issues = templates.map((template) => titleOf(template.pattern, template.errorCode));
    if (signals.some((signal) => signal.detector === 'failing-start'))
      issues.splice(1, 0, words.failingTitle);
    if (signals.some((signal) => signal.detector === 'error-burst'))
      issues.splice(1, 0, words.burstTitle(service.errors, seconds));
    // What a session or a number shows says more than the template it shows it on.
    const shown = signals.flatMap((signal) => titleFor(signal) ?? []);
    const weak = signals[0]?.error !== true;
    return [...new Set(weak ? [...shown, ...issues] : [...issues, ...shown])].slice(0, ISSUES);
  }

  function titleFor({ finding, score, count, usual }: Signal): string | undefined {
    if (!finding) return score < 0 ? words.lowTitle(count, round(usual, 1)) : undefined;
    const title = finding.template ? titleOf(finding.template.pattern) : '';
    if (finding.detector === 'missing-heartbeat')
      return finding.template ? words.stoppedTitle(title) : words.silentTitle(finding.service);
    if (finding.detector === 'parameter')
      return words.valueTitle(title, finding.why.value, finding.why.usual);
    if (finding.detector === 'rare-template') return undefined;
    const { deviation, templates } = finding.why;
    const about = titleOf(templates[0]!.pattern);
    if (deviation.kind === 'missing') return words.missingTitle(about);
    if (deviation.kind === 'count') return words.countTitle(about, deviation.count!, deviation.usual!);
    return undefined;
  }

  /** The sentence of one finding, with the numbers it stands on. */
  function sentenceFor(finding: Finding, count: number): string {
    const title = finding.template ? titleOf(finding.template.pattern) : '';
    if (finding.detector === 'missing-heartbeat') {
      const { period, beats, at, last } = finding.why;
      const silent = roughly(at - last);
      return finding.template
        ? words.stopped(title, roughly(period), beats, silent)
        : words.silent(finding.service, roughly(period), silent);
    }
    if (finding.detector === 'parameter') {
      const { place, value, usual, code, count: far } = finding.why;
      return (code ? words.code : words.value)(title, place, value, usual, far);
    }
    if (finding.detector === 'rare-template') return words.rare(title, finding.why.count, finding.why.lines);
    const { deviation, templates, after, session } = finding.why;
    const { sessions, count: times = 0, usual = 0 } = deviation;
    const share = percent(deviation.share, 1);
    const about = titleOf(templates[0]!.pattern);
    const told =
      deviation.kind === 'missing'
        ? words.missing(session, about, titleOf(after!.pattern), share, sessions)
        : deviation.kind === 'count'
          ? words.count(session, about, { times, usual }, share, sessions)
          : words.extra(session, about, share, sessions);
    return count > 1 ? `${told} ${words.alike(count)}` : told;
  }

  function explain(service: ServiceState, signals: Signal[], episode: Episode, named: string[]): string {
    const told = new Set<string>();
    const sentences: string[] = [];
    let more = 0;
    for (const { detector, score, count, usual, template, finding, starts, buckets = 1 } of signals) {
      const units = round(score, 1).toString();
      const title = template ? titleOf(template.pattern, template.errorCode) : '';
      if (template && told.has(template.id)) continue;
      if (sentences.length >= SENTENCES) {
        more += 1;
        continue;
      }
      if (template) told.add(template.id);
      if (detector === 'failing-start')
        sentences.push(
          starts === undefined
            ? words.failing(count, service.before + service.lines, title)
            : words.failingStarts(count, starts, title),
        );
      else if (finding) sentences.push(sentenceFor(finding, count));
      else if (detector === 'error-burst')
        sentences.push(words.burst(count, service.lines, seconds, round(usual, 1), units));
      else if (detector === 'new-template') sentences.push(words.novel(title, count, service.before));
      else if (score < 0) sentences.push(words.low(title, count, seconds * buckets, round(usual, 1)));
      else sentences.push(words.rate(title, count, seconds, round(usual, 1), units));
    }
    if (more > 0) sentences.push(words.more(more));
    if (named.length > 0) sentences.push(words.names(named.join(', ')));
    if (service.bucket * bucketMs > episode.since) sentences.push(words.since(clock(episode.since)));
    return sentences.join(' ');
  }

  return report;
}

/** The template a problem is known by: of the strongest error signal that has one. */
export const leading = (signals: Signal[], status: Episode['status']): SignalTemplate | undefined =>
  (
    signals.find((signal) => signal.template && (signal.error || status !== 'critical')) ??
    signals.find((signal) => signal.template)
  )?.template;

/** Two lines of each of the strongest templates, so that one loud message does not hide the others. */
function samplesOf(templates: SignalTemplate[]): string[] {
  const lines = templates.slice(0, 4).flatMap((template) => template.samples.slice(0, 2));
  return [...new Set(lines)].slice(0, 6);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
