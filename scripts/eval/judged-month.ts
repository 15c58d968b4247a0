import { type AlertSignal, signalOf } from '../../src/domain/alert/alert-model.ts';
import type { Incident } from '../../src/domain/alert/incident.ts';
import { type Seeded, seeded } from './seeded.ts';

const DAY_MS = 86_400_000;
const SERVICES = ['cart', 'billing', 'search', 'mail', 'stock', 'login', 'media', 'report'];
const THINGS = [
  'queue',
  'replica',
  'cache',
  'certificate',
  'index',
  'socket',
  '연결',
  '저장소',
  '작업',
  '토큰',
  'batch',
  'lock',
];
const TROUBLES = [
  'slow',
  'lost',
  'refused',
  'retried',
  'expired',
  'full',
  '지연',
  '실패',
  '초과',
  'stuck',
  'skipped',
  'stale',
];
const DETECTORS = ['error-burst', 'rate', 'new-template', 'session'];

/** What decides whether an alert of a kind is real; `rarely` ones are, without any sign of it. */
type Nature = 'noise' | 'real' | 'noise at its hours' | 'noise when mild' | 'either' | 'rarely';

interface Kind {
  service: string;
  template: string;
  pattern: string;
  detector: string;
  nature: Nature;
  perDay: number;
  /** The first day it occurs. */
  from: number;
  /** The hours of the day at which most of its noise comes, e.g. of a backup: the first hour, and how many hours. */
  hours: { from: number; length: number };
}

export interface MonthAlert {
  day: number;
  incident: Incident;
  signal: AlertSignal;
  real: boolean;
}

/**
 * Made-up days of alerts: kinds that are always noise (restarts), always real, noise only at their own hours (backups) or
 * only when mild, and some nobody could tell; new kinds appear all the time.
 *
 * @param rarely the share of the noisy kinds of which one alert in twenty is real, and looks like all others
 */
export function judgedMonth(seed: number, days: number, rarely = 0): MonthAlert[] {
  const random = seeded(seed);
  const kinds = SERVICES.flatMap((service) =>
    Array.from({ length: 7 }, (_, index) => kindOf(random, service, index, days, rarely)),
  );
  const alerts: MonthAlert[] = [];
  for (let day = 0; day < days; day++)
    for (const kind of kinds) {
      if (day < kind.from) continue;
      const times = Math.floor(kind.perDay) + Number(random.next() < kind.perDay % 1);
      for (let time = 0; time < times; time++) alerts.push(alertOf(random, kind, day, alerts.length));
    }
  return alerts.sort((a, b) => a.signal.at - b.signal.at);
}

function natureOf(chance: number, rarely: number): Nature {
  if (chance < 0.35) return chance < 0.35 * rarely ? 'rarely' : 'noise';
  if (chance < 0.7) return 'real';
  if (chance < 0.82) return 'noise at its hours';
  return chance < 0.94 ? 'noise when mild' : 'either';
}

function kindOf(random: Seeded, service: string, index: number, days: number, rarely: number): Kind {
  const nature = natureOf(random.next(), rarely);
  return {
    service,
    template: `${service}-${index}`,
    pattern: `${random.pick(THINGS)} ${random.pick(TROUBLES)} <*> ${random.pick(THINGS)} ${index}`,
    detector: random.pick(DETECTORS),
    nature,
    // Few kinds make most of the noise.
    perDay: nature === 'real' ? 0.1 + random.next() * 0.3 : Math.min(5, 0.3 / random.next() ** 0.8),
    from: random.next() < 0.6 ? 0 : random.int(1, days - 1),
    hours: { from: random.next() * 24, length: 3 + random.next() * 3 },
  };
}

function alertOf(random: Seeded, kind: Kind, day: number, number: number): MonthAlert {
  const { service, template, pattern, detector, nature, hours } = kind;
  const isAtHours = random.next() < (nature === 'noise at its hours' ? 0.7 : 0.3);
  const place = random.next();
  const hour =
    (hours.from + (isAtHours ? place * hours.length : hours.length + place * (24 - hours.length))) % 24;
  const isMild = random.next() < (nature === 'real' ? 0.3 : 0.7);
  const severity = isMild ? random.int(2, 3) : random.int(4, 5);
  const real = {
    noise: false,
    real: true,
    'noise at its hours': !isAtHours,
    'noise when mild': !isMild,
    either: random.next() < 0.5,
    rarely: random.next() < 0.05,
  }[nature];
  const at = Date.UTC(2026, 0, 1) + day * DAY_MS + Math.floor(hour * 3_600_000);
  const status = severity >= 4 ? 'critical' : 'warning';
  const confidence = Math.round((0.6 + random.next() * 0.4) * 100) / 100;
  const incident: Incident = {
    id: `m-${number}`,
    identity: { key: `${service} ${template}`, template: { id: template, pattern }, detector, occurrence: 1 },
    service,
    title: pattern,
    issues: [pattern],
    explanation: '',
    anomalyStatus: status,
    severity,
    confidence,
    lifecycle: { state: 'resolved', history: [] },
    activity: { count: 1, firstSeen: at, lastSeen: at },
    correlation: { affected: [] },
    feedback: {},
    sampleLines: [`${pattern} ${number}`],
  };
  return { day, incident, signal: signalOf(incident), real };
}

/** The incident after a person judged it. */
export function judge(incident: Incident, real: boolean): Incident {
  const verdict = real ? 'real' : 'false_alarm';
  return {
    ...incident,
    feedback: { ...incident.feedback, verdict },
    lifecycle: {
      ...incident.lifecycle,
      history: [{ at: incident.activity.lastSeen, who: 'U1', what: verdict }],
    },
  };
}
