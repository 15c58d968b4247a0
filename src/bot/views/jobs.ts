import { ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';
import type { JobStatus } from '../../domain/job/job.ts';
import type { Block, Button, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { percent, usd } from '../../i18n/numbers.ts';
import { answerView, errorChart } from './answer.ts';
import { digestView, periodText } from './digest.ts';
import { sentence, stepText } from './replies.ts';
import { tuningView } from './tuning.ts';

/** The remaining time is shown once a job ran for this long and got this far. */
const FORECAST = { ms: 3_000, fraction: 0.05 };
const SHOWN = 20;
const BUTTONS = 5;

/** What a job is about, in a few words. */
function subject(job: JobStatus, speech: Speech): string {
  switch (job.name) {
    case 'analyze': {
      const { window, services } = job.payload;
      return [speech.duration(window.to - window.from), ...(services ?? [])].join(' ');
    }
    case 'digest':
      return [
        periodText(job.payload, speech),
        ...(job.payload.team === 'all' ? [] : [job.payload.team]),
      ].join(' · ');
    case 'collect':
      return job.payload.day;
    case 'fine-tune':
      return [
        ...nightOf(job.payload.day, speech),
        ...(job.payload.tasks ?? []).map((task) => speech.say[`tune.target.${task}`]),
      ].join(' · ');
  }
}

/** The day of a scheduled training, in words; undefined for one that a person started, which is named by an instant. */
function nightOf(day: string, speech: Speech): string[] {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?$/.exec(day) ?? [];
  return date ? [[periodText({ span: 'day', day: date }, speech), ...(time ? [time] : [])].join(' ')] : [];
}

function titleOf(job: JobStatus, speech: Speech): string {
  const about = subject(job, speech);
  return speech.say[`job.${job.name}`] + (about ? ` (${about})` : '');
}

/** Milliseconds until a running job is probably done, from its progress; undefined where that would be a guess. */
function remainingMs(job: JobStatus, now: number): number | undefined {
  const elapsed = now - (job.startedAt ?? now);
  const fraction = job.progress?.fraction ?? 0;
  if (job.state === 'waiting') return job.expectedMs;
  if (elapsed < FORECAST.ms || fraction < FORECAST.fraction || fraction >= 1) return undefined;
  return (elapsed * (1 - fraction)) / fraction;
}

const stopButton = (job: JobStatus, { say }: Speech): Button => ({
  label: say['button.stop'],
  style: 'danger',
  action: { name: 'stop', subject: job.id },
});

/** What an analysis may cost: the estimate comes first, and stays while it can be stopped. */
function estimate(job: JobStatus, { say, number }: Speech): Block[] {
  if (job.name !== 'analyze' || !job.payload.most) return [];
  const { most } = job.payload;
  const text = most.tokens > 0 ? say.analyzeMost(usd(most.usd), number(most.tokens)) : say.analyzeFree;
  return [{ kind: 'footnote', text }];
}

/** A queued, running or ended job: its place in the queue, progress, expected time, and a stop button while it can be stopped. */
export function jobView(job: JobStatus, speech: Speech, now = Date.now()): Message {
  const { say, number } = speech;
  const stop: Block = { kind: 'buttons', buttons: [stopButton(job, speech)] };
  const left = remainingMs(job, now);
  const about = left === undefined ? '' : ` ${say.jobLeft(speech.duration(left))}`;
  switch (job.state) {
    case 'waiting': {
      const ahead = job.position ? ` ${say.jobPosition(job.position)}` : '';
      const queued =
        job.name === 'analyze'
          ? say.jobQueued(speech.duration(job.payload.window.to - job.payload.window.from))
          : say.jobWaiting(titleOf(job, speech));
      const text = queued + ahead + about;
      return {
        summary: text,
        tone: 'neutral',
        blocks: [{ kind: 'text', text }, ...estimate(job, speech), stop],
      };
    }
    case 'active': {
      const { fraction = 0, step = 'analyze', done, total, paused, behind } = job.progress ?? {};
      const detail =
        done !== undefined && total !== undefined ? ` ${say.jobOf(number(done), number(total))}` : '';
      const working = stepText(step, speech) + detail + about;
      const held = paused && say[`gpu.${paused.reason}`](number(paused.value), number(paused.limit));
      const label = held ?? (behind === undefined ? working : say.tuneBehind(speech.time(behind)));
      return {
        summary: job.name === 'analyze' ? say.jobRunning : say.jobActive(titleOf(job, speech)),
        tone: 'neutral',
        blocks: [
          { kind: 'progress', fraction: Math.min(1, Math.max(0, fraction)), label },
          ...estimate(job, speech),
          stop,
        ],
      };
    }
    case 'done':
      return sentence(job.name === 'analyze' ? say.jobDone : say.jobEnded(titleOf(job, speech)), 'good');
    case 'stopped':
      return sentence(job.name === 'analyze' ? say.jobStopped : say.jobEnding(titleOf(job, speech)));
    case 'failed': {
      const failed = job.name === 'analyze' ? say.jobFailed : say.jobBroken(titleOf(job, speech));
      return sentence(`${failed} ${say[`error.${codeOf(job)}`]}`, 'warning', deadLetterButtons(job, speech));
    }
  }
}

const codeOf = (job: JobStatus): ErrorCode =>
  ERROR_CODES.find((known) => known === job.error?.code) ?? 'internal';

const deadLetterButtons = (job: JobStatus, { say }: Speech): Button[] => [
  { label: say['button.job-retry'], action: { name: 'job-retry', subject: job.id } },
  { label: say['button.job-drop'], action: { name: 'job-drop', subject: job.id } },
];

/** `jobs`: what runs and waits, with buttons to stop it, and what failed, which is kept until somebody decides. */
export function jobsView(jobs: readonly JobStatus[], speech: Speech, now = Date.now()): Message {
  const { say } = speech;
  const failed = jobs.filter(({ state }) => state === 'failed');
  const title = say.jobsTitle(
    jobs.filter(({ state }) => state === 'active').length,
    jobs.filter(({ state }) => state === 'waiting').length,
    failed.length,
  );
  const rows = jobs.slice(0, SHOWN).map((job) => {
    const left = remainingMs(job, now);
    const done = job.state === 'active' ? ` ${percent(job.progress?.fraction ?? 0)}` : '';
    const more = job.state === 'failed' ? `: ${say[`error.${codeOf(job)}`]}` : '';
    const about = left === undefined ? '' : `, ${say.jobLeft(speech.duration(left))}`;
    return `${say[`job.state.${job.state}`]}${done} · ${titleOf(job, speech)}${about} · ${job.id}${more}`;
  });
  const blocks: Block[] = [{ kind: 'heading', text: title }];
  if (rows.length > 0) blocks.push({ kind: 'text', text: rows.map((row) => `• ${row}`).join('\n') });
  const stops = jobs.filter(({ state }) => state === 'active' || state === 'waiting');
  if (stops.length > 0)
    blocks.push({
      kind: 'buttons',
      buttons: stops.slice(0, BUTTONS).map((job) => ({
        label: say['button.job-stop'](titleOf(job, speech)),
        style: 'danger' as const,
        // Not `stop`: the page takes a message with that button for one that is still being written.
        action: { name: 'job-stop' as const, subject: job.id },
      })),
    });
  for (const job of failed.slice(0, BUTTONS)) {
    blocks.push({ kind: 'text', text: titleOf(job, speech) });
    blocks.push({ kind: 'buttons', buttons: deadLetterButtons(job, speech) });
  }
  if (stops.length > 0) blocks.push({ kind: 'footnote', text: say.jobsStopHint });
  if (failed.length > 0) blocks.push({ kind: 'footnote', text: say.jobsHint });
  return { summary: title, tone: failed.length > 0 ? 'warning' : 'good', blocks };
}

/**
 * The report of a finished job; undefined while there is none.
 * @param link where an analysis can be downloaded
 */
export function reportView(job: JobStatus, speech: Speech, link?: string): Message | undefined {
  switch (job.name) {
    case 'analyze':
      return analysisView(job, speech, link);
    case 'digest':
      return job.result && digestView(job.result, speech);
    // Their progress message informs the person who asked for them.
    case 'collect':
      return undefined;
    case 'fine-tune':
      // Nobody asked and nothing changed: no message in the middle of the night.
      if (!job.payload.replyTo && job.result?.outcomes.every(({ reason }) => reason === 'too_few'))
        return undefined;
      return job.result && tuningView(job.result, speech);
  }
}

function analysisView(job: JobStatus<'analyze'>, speech: Speech, link?: string): Message | undefined {
  if (!job.result) return undefined;
  const { answer, records, templates, series, window } = job.result;
  const { say, number } = speech;
  const message = answerView(answer, speech, { kind: 'why' });
  const facts = `${say['field.window']}: ${speech.time(window.from)} – ${speech.time(window.to)} · ${say.jobFacts(number(records), number(templates))}`;
  const chart = errorChart(series, speech, { services: job.payload.services });
  return {
    ...message,
    blocks: [
      ...message.blocks,
      { kind: 'footnote', text: facts },
      ...(link ? [{ kind: 'footnote' as const, text: say['report.link'](link) }] : []),
      ...(series.length > 0 ? [{ kind: 'chart' as const, chart }] : []),
      { kind: 'report', jobId: job.id, language: speech.language },
    ],
  };
}
