import { hash } from 'node:crypto';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { cutText } from '../../domain/log/record.ts';
import type { Language } from '../../domain/question/question.ts';
import { DAY } from '../../domain/time/units.ts';
import { speech } from '../../i18n/format.ts';
import { percent, withUnit } from '../../i18n/numbers.ts';
import { type Episode, leadingTemplate, type Status } from './episodes.ts';
import type { LineFinding } from './lines/line-detectors.ts';
import { namedNumber } from './named-number.ts';
import { Said } from './said.ts';
import type { DetectedTemplate, Detection } from './services/detection.ts';
import { isFailing } from './services/failures.ts';
import type { ServiceWindow } from './services/service-window.ts';
import type { SessionFinding } from './sessions/sessions.ts';

const MAX_ISSUES = 5;
const MAX_SENTENCES = 4;
const MAX_PATTERN = 4_000;

/** The detector that only adds the lines nobody told yet. */
const TALLY = 'tally';
/** How sure the end of a failure is. */
const RECOVERED = 0.9;

export interface ReportOptions {
  bucketMs: number;
  language: Language;
  timeZone: string;
  /** Services that lines name as failing. */
  namedIn: (lines: string[], own: string) => string[];
}

/** Writes anomalies in the configured language: every detector that found something, and the numbers it is based on. */
export class Reporter {
  readonly #options: ReportOptions;
  readonly #words: ReturnType<typeof speech>['detections'];
  /** Width of a bucket. */
  readonly #seconds: number;
  readonly #clock: ReturnType<typeof speech>['clock'];
  /** A duration for people. */
  readonly #roughly: ReturnType<typeof speech>['roughly'];
  readonly #dayAndClock: ReturnType<typeof speech>['dayAndClock'];
  readonly #said: Said;

  constructor(options: ReportOptions) {
    const { language, bucketMs, timeZone } = options;
    this.#options = options;
    this.#seconds = bucketMs / 1_000;
    const { detections, clock, dayAndClock, roughly } = speech(language, timeZone);
    this.#words = detections;
    this.#clock = clock;
    this.#dayAndClock = dayAndClock;
    this.#roughly = roughly;
    this.#said = new Said(timeZone);
  }

  /** The anomaly of a service's open bucket. The episode counts from here on what was not reported yet. */
  report(service: ServiceWindow, detections: Detection[], episode: Episode, status: Status): Anomaly {
    const strongest =
      detections.find((detection) => detection.error || status !== 'critical') ?? detections[0]!;
    // Agreement of several detectors adds a little: they look at the same lines, so it is no independent proof.
    const confidence = Math.min(0.99, strongest.confidence + 0.02 * (detections.length - 1));
    const about = [
      leadingTemplate(detections, status),
      episode.template,
      ...detections.map(({ template }) => template),
    ];
    const templates = [...new Set(about)].filter((template) => template !== undefined);
    const samples = [...samplesOf(templates), ...detections.flatMap((one) => one.samples ?? [])].slice(0, 6);
    const named = this.#options.namedIn(samples, service.name);
    const { from, count } = episode;
    const seconds = this.#secondsOf(service, episode);
    const to = Math.max(from, episode.to ?? service.lastTime);
    episode.count = 0;
    const issues = this.#issuesOf(service, detections, templates, seconds);
    episode.issue ??= issues[0];
    return {
      id: idOf(service, status, strongest, episode),
      anomaly_status: status,
      confidence: round(confidence, 2),
      detected_issues: issues,
      explanation: this.#explain(service, detections, episode, named),
      service: service.name,
      ...(service.hosts.size === 1 ? { host: [...service.hosts][0]! } : {}),
      detected_at: new Date(service.lastTime).toISOString(),
      window: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      ...(episode.template
        ? { template: { id: episode.template.id, pattern: cutText(episode.template.pattern, MAX_PATTERN) } }
        : {}),
      sample_lines: samples,
      score: round(strongest.score, 2),
      detector: strongest.detector,
      ...(episode.template?.traceId ? { trace_id: episode.template.traceId } : {}),
      severity: severityOf(service, detections, status),
      names: named,
      count,
    };
  }

  /** The lines that came after the last report of a problem: how many, and when the last of them. No news. */
  tally(service: string, episode: Episode): Anomaly {
    const { template, from, issue, count, lastSignal } = episode;
    const to = Math.max(from, episode.to ?? (lastSignal + 1) * this.#options.bucketMs - 1);
    episode.count = 0;
    const id = hash('sha1', [service, lastSignal, 'normal', TALLY, to].join('\u0000'), 'hex');
    return {
      id: `an-${id.slice(0, 20)}`,
      anomaly_status: 'normal',
      confidence: 1,
      detected_issues: issue === undefined ? [] : [issue],
      explanation: this.#words.tally(count, this.#clock(to)),
      service,
      detected_at: new Date(to).toISOString(),
      window: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      ...(template ? { template: { id: template.id, pattern: cutText(template.pattern, MAX_PATTERN) } } : {}),
      sample_lines: [],
      detector: TALLY,
      severity: 1,
      names: [],
      count,
    };
  }

  /** A failure that was told is over: it stays away, while the service goes on. */
  recovered(service: ServiceWindow, episode: Episode): Anomaly {
    const { template, from } = episode;
    const to = episode.to ?? service.lastTime;
    const title = template ? this.#said.titleOf(template) : '';
    const others = service.before + service.lines - (episode.serviceLines ?? 0);
    const id = hash('sha1', [service.name, service.bucket, 'normal', 'recovery'].join('\u0000'), 'hex');
    return {
      id: `an-${id.slice(0, 20)}`,
      anomaly_status: 'normal',
      confidence: RECOVERED,
      detected_issues: [this.#words.recoveredTitle(title)],
      explanation: this.#words.recovered(title, this.#roughly(service.lastTime - to), others),
      service: service.name,
      detected_at: new Date(service.lastTime).toISOString(),
      window: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      ...(template ? { template: { id: template.id, pattern: cutText(template.pattern, MAX_PATTERN) } } : {}),
      sample_lines: [],
      detector: 'recovery',
      severity: 1,
      ...(episode.count > 0 ? { count: episode.count } : {}),
    };
  }

  /** The time that the counts of the bucket are from: one that is still open has had less. */
  #secondsOf(service: ServiceWindow, { open }: Episode): number {
    return open?.early ? round(Math.max(0.01, service.secondsSoFar()), 2) : this.#seconds;
  }

  /** The titles, the most telling first. */
  #issuesOf(
    service: ServiceWindow,
    detections: Detection[],
    templates: DetectedTemplate[],
    seconds: number,
  ): string[] {
    const issues = templates.map((template) => this.#said.titleOf(template));
    const shown: string[] = [];
    for (const detection of detections) {
      const title = this.#titleFor(detection, service, seconds);
      // Beside an error message, how often it comes is the second thing to say.
      if (!title) continue;
      if (detection.error) issues.splice(1, 0, title);
      else shown.push(title);
    }
    // Without errors, what a session or a number shows says more than the template it shows it on.
    const weak = detections[0]?.error !== true;
    return [...new Set(weak ? [...shown, ...issues] : [...issues, ...shown])].slice(0, MAX_ISSUES);
  }

  #titleFor(detection: Detection, service: ServiceWindow, seconds: number): string | undefined {
    const words = this.#words;
    const { detector, finding, score, count, starts, template, error } = detection;
    const usual = round(detection.usual, 1);
    const about = template ? this.#said.titleOf(template) : '';
    if (detector === 'failing-start')
      return starts === undefined
        ? words.failingTitle(count, service.before + service.lines)
        : words.failingStartsTitle(count, starts);
    if (detector === 'error-burst') return words.burstTitle(count, seconds, usual);
    if (finding) return this.#titleOfFinding(finding);
    if (score < 0) return words.lowTitle(about, count, this.#spanOf(detection), usual);
    return detector === 'rate-change' && !error && template?.level !== 'warn'
      ? words.rateTitle(about, count, seconds, usual)
      : undefined;
  }

  #titleOfFinding(finding: LineFinding): string | undefined {
    const words = this.#words;
    const title = this.#titleOfLine(finding);
    switch (finding.detector) {
      case 'missing-heartbeat': {
        const { period, at, last } = finding.why;
        // An old file is read at another time: how long ago it was says nothing there.
        if (finding.template) return words.stoppedTitle(title, this.#roughly(period), this.#when(last, at));
        return words.silentTitle(this.#roughly(at - last), this.#roughly(period));
      }
      case 'parameter':
        return words.valueTitle(title, ...this.#amountsOf(finding));
      case 'rare-template':
        return undefined;
      case 'session': {
        const { deviation, templates, after } = finding.why;
        const about = this.#said.titleOf(templates[0]!);
        if (deviation.kind === 'missing') return words.missingTitle(about, this.#said.titleOf(after!));
        if (deviation.kind === 'count') return words.countTitle(about, deviation.count!, deviation.usual!);
        return undefined;
      }
    }
  }

  /** The clock time of what was noticed at `noticed`, with its day when that is another one. */
  #when(at: number, noticed: number): string {
    return noticed - at < DAY / 2 ? this.#clock(at) : this.#dayAndClock(at);
  }

  /** What the line of a finding says; of one that no longer comes only the template is known. */
  #titleOfLine({ template, line }: LineFinding): string {
    return template ? this.#said.titleOf({ ...template, samples: line ? [line] : [] }) : '';
  }

  /** The name of the number that is unusual, its value and the usual one, with their unit. */
  #amountsOf({ line, why }: Extract<LineFinding, { detector: 'parameter' }>): [string, string, string] {
    const words = this.#words;
    const { language } = this.#options;
    const { name, kind, unit } = namedNumber(this.#said.recordOf(line), why.value);
    return [
      name ?? words[`number.${kind ?? 'value'}`],
      withUnit(why.value, unit, language),
      withUnit(why.usual, unit, language),
    ];
  }

  #spanOf({ buckets = 1 }: Detection): string {
    return this.#roughly(this.#options.bucketMs * buckets);
  }

  /** Up to four sentences, one for each template or finding. */
  #explain(service: ServiceWindow, detections: Detection[], episode: Episode, named: string[]): string {
    const words = this.#words;
    const explained = new Set<string>();
    const sentences: string[] = [];
    let more = 0;
    const seconds = this.#secondsOf(service, episode);
    for (const detection of detections) {
      const { template } = detection;
      if (template && explained.has(template.id)) continue;
      if (sentences.length >= MAX_SENTENCES) {
        more += 1;
        continue;
      }
      if (template) explained.add(template.id);
      sentences.push(this.#sentenceOf(detection, service, seconds));
    }
    if (more > 0) sentences.push(words.more(more));
    if (named.length > 0) sentences.push(words.names(named.join(', ')));
    if (service.bucket * this.#options.bucketMs > episode.since)
      sentences.push(words.since(this.#clock(episode.since)));
    return sentences.join(' ');
  }

  #sentenceOf(detection: Detection, service: ServiceWindow, seconds: number): string {
    const words = this.#words;
    const { detector, score, count, template, finding, starts } = detection;
    const usual = round(detection.usual, 1);
    const title = template ? this.#said.titleOf(template) : '';
    if (detector === 'failing-start')
      return starts === undefined
        ? words.failing(count, service.before + service.lines, title)
        : words.failingStarts(count, starts, title);
    if (finding) return this.#sentenceOfFinding(finding, count);
    if (detector === 'grave-event') return words.grave(title, count);
    if (detector === 'failure-rise')
      return words.rise(title, count, this.#roughly(service.lastTime - (detection.from ?? service.lastTime)));
    if (detector === 'error-burst') return words.burst(count, service.lines, seconds, usual);
    if (detector === 'new-template') return words.novel(title, count, service.before);
    if (score < 0) return words.low(title, count, this.#spanOf(detection), usual);
    return words.rate(title, count, seconds, usual);
  }

  /** The sentence of a line's finding, with the numbers it is based on. */
  #sentenceOfFinding(finding: LineFinding, count: number): string {
    const words = this.#words;
    const title = this.#titleOfLine(finding);
    switch (finding.detector) {
      case 'missing-heartbeat': {
        const { period, beats, at, last } = finding.why;
        const silent = this.#roughly(at - last);
        return finding.template
          ? words.stopped(title, this.#roughly(period), beats, silent)
          : words.silent(finding.service, this.#roughly(period), silent);
      }
      case 'parameter': {
        const { code, count: far } = finding.why;
        return (code ? words.code : words.value)(title, ...this.#amountsOf(finding), far);
      }
      case 'rare-template':
        return words.rare(title, finding.why.count, finding.why.lines);
      case 'session': {
        const sentence = this.#sentenceOfSession(finding.why);
        return count > 1 ? `${sentence} ${words.alike(count)}` : sentence;
      }
    }
  }

  #sentenceOfSession({ deviation, templates, after, session }: SessionFinding): string {
    const words = this.#words;
    const { sessions, count: times = 0, usual = 0 } = deviation;
    const share = percent(deviation.share, 1);
    const about = this.#said.titleOf(templates[0]!);
    switch (deviation.kind) {
      case 'missing':
        return words.missing(session, about, this.#said.titleOf(after!), share, sessions);
      case 'count':
        return words.count(session, about, { times, usual }, share, sessions);
      case 'extra':
        return words.extra(session, about, share, sessions);
    }
  }
}

/** Of the lines of a bucket, the share of failures from which the whole service is down. */
const DOWN = 0.9;
/** Confidence from which a warning stands above others. */
const SURE = 0.8;

/**
 * 5: data or a process is lost, or the service does nothing but fail. 4: many failures. 3: surely some. 2: perhaps some, or surely
 * something else is unusual. 1: a curiosity.
 */
function severityOf(service: ServiceWindow, detections: Detection[], status: Status): number {
  const failures = detections.filter(
    ({ error, template }) => error || (template !== undefined && isFailing(template)),
  );
  if (status === 'critical') {
    const grave = detections.some(
      ({ detector, template }) =>
        detector === 'grave-event' || detector === 'failing-start' || template?.level === 'fatal',
    );
    return grave || service.errors >= DOWN * service.lines ? 5 : 4;
  }
  const sure = Math.max(...(failures.length > 0 ? failures : detections).map(({ confidence }) => confidence));
  return (failures.length > 0 ? 2 : 1) + (sure >= SURE ? 1 : 0);
}

/** The same for the same anomaly, however often its lines are read. */
function idOf(service: ServiceWindow, status: Status, { detector }: Detection, { open }: Episode): string {
  // A service starts once: also a process that has learned nothing yet gives its failing start the same id.
  const when = detector === 'failing-start' ? '' : `${service.bucket}${open?.mends ? ' closed' : ''}`;
  const id = hash('sha1', [service.name, when, status, detector].join('\u0000'), 'hex');
  return `an-${id.slice(0, 20)}`;
}

/** Two lines of each of the strongest templates, so that one loud message does not hide the others. */
function samplesOf(templates: DetectedTemplate[]): string[] {
  const lines = templates.slice(0, 4).flatMap((template) => template.samples.slice(0, 2));
  return [...new Set(lines)].slice(0, 6);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
