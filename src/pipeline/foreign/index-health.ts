import type { ForeignIndex } from '../../backends/logs/foreign/foreign-index.ts';
import { toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { FieldMap } from './fields.ts';
import type { IndexReading } from './index-lines.ts';
import type { Span } from './newest-span.ts';

/** A window that holds nothing: enough to see whether a point in time may be opened. */
const NOTHING = { from: 0, to: 1 };

/** The steps that need a right, one after the other, as health names them. */
type Step = 'fields' | 'search' | 'pit';

/**
 * Whether an index of others can be read, tried step by step: each step needs a right of its own. Never rejects.
 * @param newest the span that questions are about
 */
export async function indexHealth(
  foreign: ForeignIndex,
  reading: () => Promise<IndexReading | undefined>,
  newest: () => Promise<Span | undefined>,
): Promise<Health> {
  const { kind, place, name } = foreign;
  let step: Step = 'fields';
  try {
    const known = await reading();
    if (!known)
      return healthOf(false, kind, [['foreignNone', { place, name }]], ['mend.foreignNone', { name }]);
    step = 'search';
    const span = await newest();
    step = 'pit';
    for await (const _ of foreign.read(known.map.time, NOTHING)) break;
    const count = (span?.records ?? 0) + (span?.older ?? 0);
    const detail: Phrase[] = [
      ['foreignRead', { place, name, count, indices: known.indices }],
      ['foreignFields', { fields: fieldsText(known.map) }],
    ];
    const timeless = await foreign.timeless(known.map.time);
    if (timeless > 0) detail.push(['foreignTimeless', { count: timeless, field: known.map.time.name }]);
    if (span && span.older > 0) detail.push(['foreignOlder', { count: span.records }]);
    return healthOf(true, kind, detail);
  } catch (error) {
    return illHealth(foreign, step, toAppError(error));
  }
}

async function illHealth(
  foreign: ForeignIndex,
  step: Step,
  { code, message }: { code: string; message: string },
): Promise<Health> {
  const { kind, place, name } = foreign;
  if (code === 'unauthorized')
    return healthOf(
      false,
      kind,
      [[`foreignRight.${step}`, { place, name }]],
      ['mend.foreignRight', { name }],
    );
  const detail: Phrase[] = [['error', { error: message }]];
  if (code === 'config_invalid') return healthOf(false, kind, detail, ['mend.foreignFields']);
  const fault = code === 'unavailable' ? await foreign.certificate() : undefined;
  if (fault) return healthOf(false, kind, [[`certificate.${fault}`, { place }]], ['mend.certificate']);
  return healthOf(false, kind, detail, ['mend.foreignPlace', { place }]);
}

/** `time @timestamp, text message, …` */
const fieldsText = ({ time, ...others }: FieldMap): string =>
  Object.entries({ time: time.name, ...others })
    .map(([role, name]) => `${role} ${name}`)
    .join(', ');
