import type { Analyst } from '../../analysis/analyst.ts';
import type { LogStore } from '../../backends/logs/store.ts';
import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Incident, RootCause } from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Chart } from '../../domain/question/message.ts';
import { BUCKET_WIDTHS, narrowest } from '../../domain/time/buckets.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat } from '../chat/chat.ts';
import { loadDelivery, note, parentId, type Task } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import type { Outcome } from '../delivery/tasks.ts';
import { answerView, chartView, errorChart } from '../views/answer.ts';
import { type Explanations, whyOf } from './explanation.ts';
import { requestsOf } from './failing-requests.ts';

/** What is looked at around an incident: before its first sign, and after its last. */
const BEFORE_MS = 15 * MINUTE;
const AFTER_MS = 5 * MINUTE;
const CHART_BARS = 60;
/** An analysis that takes longer is given up and tried again later. */
const TIMEOUT_MS = 5 * MINUTE;
const TRIES = 3;

/** The span of time to look at for an incident. It does not reach into the future, except where the log's clock does. */
export const incidentWindow = ({ activity }: Pick<Incident, 'activity'>): TimeWindow => ({
  from: activity.firstSeen - BEFORE_MS,
  to: Math.max(activity.lastSeen + 1, Math.min(activity.lastSeen + AFTER_MS, Date.now())),
});

export interface AnalysisOptions {
  state: StateStore;
  logs: LogStore;
  analyst: Analyst;
  chats: readonly Chat[];
  explanations: Pick<Explanations, 'wanted' | 'pending'>;
  /** Keeps the first ranked cause with the incident. */
  causeFound: (incidentId: string, cause: RootCause) => Promise<void>;
  /** Keeps with the incident how many requests of its service failed. */
  requestsCounted: (incidentId: string, requests: NonNullable<Incident['requests']>) => Promise<void>;
  spoken: Speech;
  /** Aborted when the bot stops. */
  signal: AbortSignal;
  log: Log;
}

/**
 * Posts why it happened, and a chart, into the incident's thread in every chat: the evidence and the ranked causes at
 * once. Where a model is to explain them, that is another task, which edits the message.
 */
export async function analyseIncident(task: Task, options: AnalysisOptions): Promise<Outcome> {
  const incident = (await options.state.get('incident', task.subject))?.value;
  if (!incident || incident.correlation.cause || isMuted(incident, Date.now())) return { puts: [] };
  const about = { incident, window: incidentWindow(incident), isLastTry: task.attempts + 1 >= TRIES };
  const { answer, modelNext } = await ask(about, options);
  const chart = await chartOf(about, options);
  await countRequests(about, options);
  return { puts: await notes(incident, { answer, modelNext, chart }, options) };
}

/** What is analysed. */
interface Subject {
  incident: Incident;
  window: TimeWindow;
  isLastTry: boolean;
}

interface Analysis {
  answer: Answer | undefined;
  /** A model is to explain the answer. */
  modelNext: boolean;
  chart: Chart | undefined;
}

async function ask(
  { incident, window, isLastTry }: Subject,
  { analyst, causeFound, spoken, signal, log }: AnalysisOptions,
): Promise<Pick<Analysis, 'answer' | 'modelNext'>> {
  const question = whyOf(incident, window, spoken.language);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let answer: Answer | undefined;
  let modelNext = false;
  // What a file held is often long ago, and there may be a hundred of them: a model is asked when a person asks for it.
  const useModel = incident.fromFile ? false : 'later';
  try {
    for await (const event of analyst.ask(question, { signal: limit, lane: 'batch', useModel })) {
      if (event.kind === 'draft' && event.cause) await causeFound(incident.id, event.cause);
      if (event.kind === 'answer' || (event.kind === 'draft' && !answer)) answer = event.answer;
      if (event.kind === 'answer') modelNext = event.later ?? false;
    }
  } catch (error) {
    // A draft is worth posting; with nothing at all it is tried again, a few times.
    if (signal.aborted || (!answer && !isLastTry)) throw error;
    log.warn({ err: error, incident: incident.id }, 'the analysis of an incident failed');
  }
  return { answer, modelNext };
}

/** Lines and errors of the services it concerns; undefined when there are none. */
async function chartOf(
  { incident, window, isLastTry }: Subject,
  { logs, spoken, log }: AnalysisOptions,
): Promise<Chart | undefined> {
  const services = [incident.service, ...incident.correlation.affected.map((entry) => entry.service)];
  try {
    const buckets = await logs.histogram({ ...window, services }, barWidth(window));
    if (!buckets.some((bucket) => bucket.total > 0)) return undefined;
    return errorChart(buckets, spoken, { services, foundAt: incident.activity.firstSeen });
  } catch (error) {
    if (!isLastTry) throw error;
    log.warn({ err: error, incident: incident.id }, 'the chart of an incident could not be drawn');
    return undefined;
  }
}

/** Counts the requests that fail, for the incident's card. */
async function countRequests(
  { incident, isLastTry }: Subject,
  { logs, log, requestsCounted }: AnalysisOptions,
): Promise<void> {
  try {
    const requests = await requestsOf(incident, logs);
    if (requests) await requestsCounted(incident.id, requests);
  } catch (error) {
    if (!isLastTry) throw error;
    log.warn({ err: error, incident: incident.id }, 'the requests of an incident could not be counted');
  }
}

/** The width (ms) that divides a window into at most sixty bars. */
const barWidth = ({ from, to }: TimeWindow): number =>
  narrowest(BUCKET_WIDTHS.thread, to - from, CHART_BARS) ?? BUCKET_WIDTHS.thread.at(-1)!;

/** The replies with the analysis, in every thread of the incident. */
async function notes(
  incident: Incident,
  { answer, modelNext, chart }: Analysis,
  { state, chats, explanations, spoken }: AnalysisOptions,
): Promise<Put[]> {
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
      // A moment later, so that it is below the analysis.
      puts.push(note(place, incident, 'chart', { kind: 'message', message }, now + 1));
    }
  }
  return puts;
}
