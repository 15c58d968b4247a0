import { createHash } from 'node:crypto';
import type { StateStore } from '../../backends/state/store.ts';
import { signalOf } from '../../domain/alert/alert-model.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import {
  type DatasetCard,
  type Example,
  FINE_TUNE_TASKS,
  type LabelSource,
  noteOf,
  saidOf,
} from '../../domain/job/job.ts';
import { createRedactor } from '../../masking/redact.ts';
import type { JudgedAlert } from './alerts.ts';

/** Examples for training, and examples that must not be used for training. */
export interface Split<T> {
  train: T[];
  test: T[];
}

export interface Dataset {
  alerts: Split<JudgedAlert>;
  texts: Split<Example>;
  card: DatasetCard;
}

/** The share of the time that is for training; what is later is the test. */
const TRAIN_SHARE = 0.75;
const INPUT_LENGTH = 1_500;
const PAGE = 1_000;

/**
 * Makes the data of a training from what people did in threads: incidents that they called real or a false alarm, and
 * those they resolved with a note. Texts are masked as in a prompt to an external model; there is one text per
 * template and answer.
 *
 * Split by time. No incident, no text and no template with the same answer is on both sides, and nothing in the
 * training is later than the test. Deterministic.
 * @throws AppError `unavailable` | `timeout` of the store
 */
export async function buildDataset(state: Pick<StateStore, 'list'>): Promise<Dataset> {
  const labelled = (await allIncidents(state))
    .flatMap((incident) => {
      const label = labelOf(incident);
      return label ? [{ incident, ...label }] : [];
    })
    .sort(
      (a, b) =>
        a.incident.activity.firstSeen - b.incident.activity.firstSeen ||
        (a.incident.id < b.incident.id ? -1 : 1),
    );
  // What was suppressed is not learned from, or the model would confirm itself; but a candidate must suppress it too.
  const judged = labelled.filter(({ source }) => source !== 'agreed');
  const cut = judged[Math.floor(judged.length * TRAIN_SHARE)]?.incident.activity.firstSeen ?? 0;
  const isTrain = (at: number): boolean => at < cut;

  const alerts: Split<JudgedAlert> = { train: [], test: [] };
  const sources: Record<LabelSource, number> = {
    confirmed: 0,
    rejected: 0,
    corrected: 0,
    resolved: 0,
    agreed: 0,
  };
  const all: Example[] = [];
  for (const { incident, real, source } of labelled) {
    sources[source] += 1;
    if (source === 'agreed' && isTrain(incident.activity.firstSeen)) continue;
    alerts[isTrain(incident.activity.firstSeen) ? 'train' : 'test'].push({
      incident: incident.id,
      signal: signalOf(incident),
      real,
      ...(source === 'agreed' ? { agreed: true } : {}),
    });
    if (source === 'agreed') continue;
    all.push(...textsOf(incident, real, source));
  }
  // Of equal texts the last answer counts. They may be of different templates; no text may be on both sides.
  const distinct = new Map<string, Example>();
  for (const example of all) {
    const key = `${example.task} ${example.input}`;
    distinct.delete(key);
    distinct.set(key, example);
  }
  // Of examples that teach the same, the latest counts: an early one would keep a template out of the test for good.
  const kept = new Map<string, Example>();
  for (const example of distinct.values()) kept.set(lessonOf(example), example);
  const texts: Split<Example> = { train: [], test: [] };
  for (const example of kept.values()) texts[isTrain(example.at) ? 'train' : 'test'].push(example);

  const hash = createHash('sha256').update(JSON.stringify({ alerts, texts })).digest('hex');
  const counts = Object.fromEntries(
    FINE_TUNE_TASKS.map((task) => [
      task,
      {
        train: texts.train.filter((example) => example.task === task).length,
        test: texts.test.filter((example) => example.task === task).length,
      },
    ]),
  ) as DatasetCard['counts'];
  counts.alerts = { train: alerts.train.length, test: alerts.test.length };
  return {
    alerts,
    texts,
    card: {
      version: hash.slice(0, 12),
      hash,
      from: labelled[0]?.incident.activity.firstSeen ?? 0,
      to: labelled.at(-1)?.incident.activity.firstSeen ?? 0,
      counts,
      sources,
      repeated: all.length - kept.size,
    },
  };
}

type Lesson = Pick<Example, 'task' | 'template' | 'input' | 'output'>;

/** What an example teaches: the answer to a template. Two texts that differ only in their numbers teach the same. */
function lessonOf({ task, template, input, output }: Lesson): string {
  return JSON.stringify([task, template ?? null, template ? '' : shapeOf(input), shapeOf(output)]);
}

/** A word with a digit in it: a number, an id, an address, a time. */
const VARIABLE = /(?<![\p{L}\p{N}_-])[\p{L}_-]*\p{N}[\p{L}\p{N}_.:-]*/gu;

/** The different lines of a text, without numbers and ids. */
const shapeOf = (text: string): string =>
  [...new Set(text.replace(VARIABLE, '#').split('\n'))].join('\n').trim();

/**
 * Ids of test examples that the training gives away: their incident or text is in it, or the same answer to their
 * template, or they are not later than all of it.
 */
export function leaks<T extends { id: string; at: number; incident?: string | undefined } & Partial<Lesson>>(
  split: Split<T>,
): string[] {
  const incidents = new Set(split.train.flatMap(({ incident }) => incident ?? []));
  const inputs = new Set(split.train.flatMap(({ input }) => input ?? []));
  const lessons = new Set(split.train.flatMap((example) => (isLesson(example) ? lessonOf(example) : [])));
  const end = split.train.reduce((last, { at }) => Math.max(last, at), Number.NEGATIVE_INFINITY);
  return split.test
    .filter(
      (example) =>
        example.at <= end ||
        (example.incident !== undefined && incidents.has(example.incident)) ||
        (example.input !== undefined && inputs.has(example.input)) ||
        (isLesson(example) && lessons.has(lessonOf(example))),
    )
    .map(({ id }) => id);
}

/** Judged alerts have no text, so they are no lessons. */
const isLesson = (example: Partial<Lesson>): example is Lesson =>
  example.task !== undefined && example.input !== undefined && example.output !== undefined;

/** Judged alerts in the form that `leaks` reads. */
export const datedAlerts = ({ train, test }: Split<JudgedAlert>) => {
  const dated = (all: JudgedAlert[]) =>
    all.map(({ incident, signal }) => ({ id: incident, incident, at: signal.at }));
  return { train: dated(train), test: dated(test) };
};

async function allIncidents(state: Pick<StateStore, 'list'>): Promise<Incident[]> {
  const found = new Map<string, Incident>();
  let from = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const page = await state.list('incident', { from, limit: PAGE });
    const before = found.size;
    for (const { id, value } of page) found.set(id, value);
    // A page in which all have one rank would come again and again.
    if (page.length < PAGE || found.size === before) return [...found.values()];
    from = page.at(-1)!.rank;
  }
}

/** What people said about an incident, or that they did not object to its suppression. */
function labelOf(incident: Incident): { real: boolean; source: LabelSource } | undefined {
  return saidOf(incident) ?? (incident.suppression ? { real: false, source: 'agreed' } : undefined);
}

function textsOf(incident: Incident, real: boolean, source: LabelSource): Example[] {
  const masker = createRedactor({ personal: true });
  const lines = incident.sampleLines.length > 0 ? incident.sampleLines : incident.issues;
  const input = masker.mask(lines.join('\n')).slice(0, INPUT_LENGTH);
  if (!input) return [];
  const base = {
    input,
    at: incident.activity.firstSeen,
    incident: incident.id,
    ...(incident.identity.template ? { template: incident.identity.template.id } : {}),
    source,
  };
  const note = noteOf(incident.lifecycle.history);
  return [
    {
      ...base,
      id: `${incident.id}/anomaly`,
      task: 'anomaly',
      output: real ? incident.anomalyStatus : 'normal',
    },
    { ...base, id: `${incident.id}/sentiment`, task: 'sentiment', output: real ? 'negative' : 'neutral' },
    ...(real && note
      ? [{ ...base, id: `${incident.id}/summary`, task: 'summary' as const, output: masker.mask(note) }]
      : []),
  ];
}
