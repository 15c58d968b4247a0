import { findNamedPeople, findNames, findOutsideAddresses } from './people/by-choice.ts';
import { findPersonal } from './people/personal.ts';
import { createEraser } from './redact.ts';
import { findSecrets } from './secrets.ts';
import type { Finder } from './span.ts';

/** What is hidden from those outside who read what the bot sends: credentials, personal data as well, or nothing. */
export type Discretion = 'secrets' | 'all' | 'none';

/** Data of logs, or what the bot says of them: there, who took an incident is named, and no customer. */
type Material = 'data' | 'sentences';

const SECRETS: readonly Finder[] = [findSecrets];
const PEOPLE: readonly Finder[] = [findSecrets, findPersonal, findOutsideAddresses];
const FINDERS: Record<Exclude<Discretion, 'none'>, Record<Material, readonly Finder[]>> = {
  secrets: { data: SECRETS, sentences: SECRETS },
  all: { data: [...PEOPLE, findNames], sentences: [...PEOPLE, findNamedPeople] },
};

/** Changes every text in some data; names of fields and what is no text stay. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change)) as T;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const out: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value)) out[key] = mapTexts(one, change);
  return out as T;
}

/**
 * The same data without what is to be hidden. A credential that one text names is hidden in the others too, where it may stand
 * without its name. It never throws: a text that cannot be looked at goes as a whole.
 * @param options.keep what is left as it is wherever it stands
 */
export function shownTo<T>(
  discretion: Discretion,
  value: T,
  { material = 'data', keep }: { material?: Material; keep?: string } = {},
): T {
  if (discretion === 'none') return value;
  const { erase, eraseKnown } = createEraser(FINDERS[discretion][material]);
  const around = keep ? (text: string): string => text.split(keep).map(erase).join(keep) : erase;
  return mapTexts(mapTexts(value, around), eraseKnown);
}
