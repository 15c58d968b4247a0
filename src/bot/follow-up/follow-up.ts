import type { Analyst } from '../../analysis/analyst.ts';
import type { LogStore } from '../../backends/logs/store.ts';
import type { Queue } from '../../backends/queue/queue.ts';
import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Chart } from '../../domain/question/message.ts';
import { BUCKET_WIDTHS, narrowest } from '../../domain/time/buckets.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Speech, speech } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat } from '../chat/chat.ts';
import type { Asking } from '../commands/asking.ts';
import {
  type Delivery,
  isRemoved,
  loadDelivery,
  note,
  parentId,
  putEntry,
  type Task,
} from '../delivery/delivery.ts';
import type { OutboxOptions } from '../delivery/outbox.ts';
import { newsAt, toldOf } from '../delivery/removed-messages.ts';
import { mentionIn, placesOf, shadowOf } from '../delivery/routing.ts';
import type { Rendered } from '../delivery/sender.ts';
import type { RunTask } from '../delivery/tasks.ts';
import { actionView } from '../views/action.ts';
import { answerView, chartView, errorChart } from '../views/answer.ts';
import { againView, incidentView, isMuted, threadTitle } from '../views/incident.ts';
import { reportView } from '../views/jobs.ts';
import { stormView } from '../views/lists.ts';
import { createExplanations, type Explanations, whyOf } from './explanation.ts';

/** What is looked at around an incident: before its first sign, and after its last. */
const BEFORE_MS = 15 * MINUTE;
const AFTER_MS = 5 * MINUTE;
const CHART_BARS = 60;
/** An analysis that takes longer is given up and tried again later. */
const ANALYSIS_TIMEOUT_MS = 5 * MINUTE;
const TRIES = 3;
const JOB_POLL_MS = 15_000;
const FAILED_POLL_MS = MINUTE;

/** The span of time to look at for an incident. It does not reach into the future, except where the log's clock does. */
export const incidentWindow = (incident: Incident): TimeWindow => ({
  from: incident.activity.firstSeen - BEFORE_MS,
  to: Math.max(incident.activity.lastSeen + 1, Math.min(incident.activity.lastSeen + AFTER_MS, Date.now())),
});

/** A bucket width (ms) that divides a window into at most sixty bars. */
export const bucketFor = ({ from, to }: TimeWindow): number =>
  narrowest(BUCKET_WIDTHS.thread, to - from, CHART_BARS) ?? BUCKET_WIDTHS.thread.at(-1)!;

/** Lines and errors of some services over a window; undefined when there are none. */
export async function chartOf(
  logs: LogStore,
  window: TimeWindow,
  spoken: Speech,
  options: { services?: string[]; foundAt?: number },
): Promise<Chart | undefined> {
  const buckets = await logs.histogram({ ...window, services: options.services }, bucketFor(window));
  if (!buckets.some((bucket) => bucket.total > 0)) return undefined;
  return errorChart(buckets, spoken, options);
}

/** Renders deliveries and does the work that ends in deliveries. */
export function createFollowup(options: {
  state: StateStore;
  logs: LogStore;
  queue: Queue;
  analyst: Analyst;
  chats: readonly Chat[];
  asking: Asking;
  /** Tells of dead letters. */
  letters: RunTask;
  language: 'ko' | 'en';
  timeZone: string;
  log: Log;
  signal: AbortSignal;
  /** Where the report of a heavy analysis can be downloaded. */
  reportLink?: ((jobId: string) => string) | undefined;
}): Pick<OutboxOptions, 'render' | 'runTask'> & Pick<Explanations, 'again'> {
  const { state, logs, queue, analyst, chats, timeZone, log } = options;
  const spoken = speech(options.language, timeZone);
  const explanations = createExplanations({ ...options, spoken, windowOf: incidentWindow });
  const load = async (id: string): Promise<Incident | undefined> => (await state.get('incident', id))?.value;

  /** A parent with what it tells; undefined where its message was removed and there is no news. */
  function parent(delivery: Delivery, about: readonly Incident[], shown: Rendered): Rendered | undefined {
    const told = toldOf(about);
    if (!delivery.removed) return { ...shown, told };
    // Whoever finds it in its new place has to know that it is not new.
    const message = againView(shown.message, delivery.incidentId, spoken);
    if (!isRemoved(delivery) || delivery.sending !== undefined) return { ...shown, message, told };
    const notBefore = newsAt(delivery, about, Date.now());
    return notBefore === undefined ? undefined : { ...shown, message, told, notBefore };
  }

  async function render(delivery: Delivery): Promise<Rendered | undefined> {
    const { content, incidentId } = delivery;
    if (content.kind === 'storm') {
      const all = await Promise.all(content.incidents.map(load));
      const told = all
        .filter((incident) => incident !== undefined)
        .filter((incident) => !incident.correlation.cause);
      if (told.length === 0 && !delivery.ref) return undefined;
      return parent(delivery, told, { message: stormView(told, spoken) });
    }
    const incident = incidentId ? await load(incidentId) : undefined;
    if (content.kind === 'message') {
      // What stands there already goes on telling the truth: an edit calls nobody.
      if (incident && !delivery.ref && isMuted(incident, Date.now())) return undefined;
      return { message: content.message };
    }
    if (!incident) return undefined;
    if (content.kind === 'action') {
      const message = actionView(incident, content.index, spoken, delivery.chat);
      return message && { message };
    }
    if (content.kind === 'joined')
      return incident.correlation.cause && !isMuted(incident, Date.now())
        ? { message: incidentView(incident, spoken, Date.now()) }
        : undefined;
    // Its cause came before it was told: there is nothing to tell, unless it may be on the platform already.
    if (incident.correlation.cause && !delivery.ref && delivery.sending === undefined) return undefined;
    const told = {
      mention: mentionIn(incident, delivery),
      // Whoever tries rules looks at the console.
      ...(delivery.chat === 'console' ? { shadow: shadowOf(incident) } : {}),
    };
    const message = incidentView(incident, spoken, Date.now(), told);
    return parent(delivery, [incident], { message, opensThread: threadTitle(incident) });
  }

  /**
   * Why it happened and its chart, into the threads of every chat: the evidence and the ranked causes at once. Where a model
   * is to say something of it, that is a task of its own, which changes the message.
   */
  async function analyse(task: Task): ReturnType<OutboxOptions['runTask']> {
    const incident = await load(task.subject);
    if (!incident || incident.correlation.cause || isMuted(incident, Date.now())) return { puts: [] };
    const window = incidentWindow(incident);
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ANALYSIS_TIMEOUT_MS)]);
    const services = [incident.service, ...incident.correlation.affected.map((entry) => entry.service)];
    let answer: Answer | undefined;
    let modelNext = false;
    try {
      const question = whyOf(incident, window, options.language);
      for await (const event of analyst.ask(question, { signal, lane: 'batch', useModel: 'later' })) {
        if (event.kind === 'answer' || (event.kind === 'draft' && !answer)) answer = event.answer;
        if (event.kind === 'answer') modelNext = event.later ?? false;
      }
    } catch (error) {
      // A draft is worth posting; with nothing at all it is tried again, a few times.
      if (options.signal.aborted || (!answer && task.attempts + 1 < TRIES)) throw error;
      log.warn({ err: error, incident: incident.id }, 'the analysis of an incident failed');
    }
    let chart: Chart | undefined;
    try {
      chart = await chartOf(logs, window, spoken, { services, foundAt: incident.activity.firstSeen });
    } catch (error) {
      if (task.attempts + 1 < TRIES) throw error;
      log.warn({ err: error, incident: incident.id }, 'the chart of an incident could not be drawn');
    }
    const now = Date.now();
    const puts: Put[] = answer && modelNext ? explanations.wanted(incident, answer, now) : [];
    for (const place of placesOf(incident, chats)) {
      const parent = await loadDelivery(state, parentId(place.name, incident.id, place.slot));
      if (!parent || parent.value.storm) continue;
      if (answer) {
        const message = modelNext
          ? explanations.pending(incident, answer)
          : answerView(answer, spoken, { kind: 'why' });
        puts.push(note(place, incident, 'analysis', { kind: 'message', message }, now));
      }
      if (chart) {
        const message = chartView(chart, spoken, incident.service);
        // A moment later, so that it stands below the analysis.
        puts.push(note(place, incident, 'chart', { kind: 'message', message }, now + 1));
      }
    }
    return { puts };
  }

  /** Posts a job's report when it is there. Looking at the queue itself makes a missed announcement harmless. */
  async function follow(task: Task): ReturnType<OutboxOptions['runTask']> {
    const job = await queue.status(task.subject);
    if (job && (job.state === 'waiting' || job.state === 'active'))
      return { again: Date.now() + JOB_POLL_MS };
    // A person may have it run again; once it is dropped the queue knows it no more.
    if (job?.state === 'failed') return { again: Date.now() + FAILED_POLL_MS };
    const message =
      job &&
      task.place &&
      reportView(job, speech(task.language ?? options.language, timeZone), options.reportLink?.(job.id));
    if (!message || !task.place) return { puts: [] };
    const delivery: Delivery = {
      chat: task.place.chat,
      channel: task.place.channel,
      ...(task.place.thread ? { thread: task.place.thread } : {}),
      content: { kind: 'message', message },
      severity: 2,
      wanted: 1,
      shown: 0,
      due: Date.now(),
      attempts: 0,
    };
    return { puts: [putEntry(task.report ?? `report/${task.subject}`, delivery, 0)] };
  }

  const work = { analysis: analyse, explain: explanations.run, job: follow, letters: options.letters };
  return { render, runTask: (task) => work[task.task](task), again: explanations.again };
}
