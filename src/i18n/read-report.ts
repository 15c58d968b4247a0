import type { Incident } from '../domain/alert/incident.ts';
import type { FileNote, ReadReport } from '../domain/log/read-report.ts';
import { addedCause, causeWords } from './answers.ts';
import { CATALOGUES } from './catalogues.ts';
import type { Speech } from './format.ts';
import { number } from './numbers.ts';

type ReadExtent = NonNullable<ReadReport['extent']>;

const SERVICES = 3;
const NOTES = 10;

/**
 * What was read and what is wrong in it, in sentences: the same on the terminal and on the page.
 * @param findings the worst first; undefined where others look for them
 * @param clean prepares a name or a text from outside for where it is shown
 * @returns what was read, what was found, then a line for each file that needs one
 */
export function reportLines(
  report: ReadReport,
  findings: readonly Incident[],
  spoken: Speech,
  clean: (text: string) => string = (text) => text,
): string[] {
  const words = CATALOGUES[spoken.language].reading;
  const { files, lines, services } = report;
  const facts = [
    ...(report.extent ? [spanText(report.extent, spoken)] : []),
    ...(services.length > 0 ? [words.services(services.length, namesText(services, spoken, clean))] : []),
  ].join(', ');
  const head = files > 0 ? words.files(lines, files, facts) : words.text(lines, facts);
  const notes = report.notes.slice(0, NOTES).map((note) => noteText(note, spoken, clean));
  if (lines === 0) return [head, words.noLines, ...notes];
  const [worst] = findings;
  // Without times there are no incidents; that is not to say that nothing is wrong.
  if (!worst && !report.extent) {
    const untimed = report.errors ? words.errors(report.errors) : words.untimed(lines);
    return [head, `${untimed} ${words.writeTimes}`, ...notes];
  }
  if (!worst) {
    const nothing = report.errors ? words.usualErrors(report.errors) : words.nothing;
    const untimed = report.notes.reduce(
      (sum, { what, lines = 0 }) => sum + (what === 'undated' ? lines : 0),
      0,
    );
    const partly = untimed > 0 ? ` ${words.partlyUntimed(untimed, lines)}` : '';
    return [head, `${nothing} ${words.looked}${partly}`, ...notes];
  }
  const when = report.extent ? whenText(worst, report.extent, spoken) : '';
  const named = namedText(worst, spoken, clean);
  return [head, words.findings(findings.length, named, worst.severity, when), ...notes];
}

/** An incident by its cause where that is known and its own, as on its card; what another service caused has both. */
function namedText(incident: Incident, { language, say }: Speech, clean: (text: string) => string): string {
  const { service, title, rootCause } = incident;
  const cause = causeWords(language, rootCause);
  if (cause && rootCause?.service === service) return clean(cause);
  const noticed = say.incidentSummary(clean(service), clean(title));
  const added = addedCause(language, incident);
  return added ? `${noticed} – ${clean(added)}` : noticed;
}

function namesText(
  services: readonly string[],
  { language }: Speech,
  clean: (text: string) => string,
): string {
  const names = services.slice(0, SERVICES).map(clean).join(', ');
  const more = services.length - SERVICES;
  return more > 0 ? CATALOGUES[language].reading.moreServices(names, more) : names;
}

/** `07:00–08:23` today, with the date on other days. */
function spanText({ from, to }: { from: number; to: number }, { day, clock }: Speech): string {
  const minute = (at: number): string => clock(at).slice(0, 5);
  if (day(from) !== day(to)) return `${day(from)} ${minute(from)} – ${day(to)} ${minute(to)}`;
  const date = day(from) === day(Date.now()) ? '' : `${day(from)} `;
  return minute(from) === minute(to)
    ? `${date}${clock(from)}–${clock(to)}`
    : `${date}${minute(from)}–${minute(to)}`;
}

/** Since when, or from when to when if its lines say that it is over. */
function whenText({ activity, lifecycle }: Incident, extent: ReadExtent, spoken: Speech): string {
  const words = CATALOGUES[spoken.language].reading;
  const from = clockText(activity.firstSeen, extent, spoken);
  if (lifecycle.state !== 'resolved') return words.since(from);
  return words.over(from, clockText(activity.lastSeen, extent, spoken));
}

/** The clock alone where all was read of one day. */
const clockText = (at: number, { from, to }: ReadExtent, { day, clock }: Speech): string =>
  day(from) === day(to) && day(at) === day(from) ? clock(at) : `${day(at)} ${clock(at)}`;

function noteText(
  { path, what, lines = 0, detail = '' }: FileNote,
  spoken: Speech,
  clean: (text: string) => string,
): string {
  const words = CATALOGUES[spoken.language].reading;
  const name = clean(path);
  if (what === 'undated') return words['note.undated'](name, number(lines));
  if (what === 'encoding') return words['note.encoding'](name, detail.toUpperCase());
  if (what === 'binary') return words['note.binary'](name, detail);
  return words['note.empty'](name);
}
