import { allIncidents } from '../../../backends/state/all-incidents.ts';
import { alertsText } from '../../../bot/views/card/alerts.ts';
import { withoutCredentials } from '../../../bot/views/card/without-credentials.ts';
import type { Incident } from '../../../domain/alert/incident.ts';
import { incidentRow, listedIncidents, standingOf } from '../../../domain/alert/incident-row.ts';
import { cutText } from '../../../domain/log/record.ts';
import { addedCause, causeWords } from '../../../i18n/answers.ts';
import { CATALOGUES } from '../../../i18n/catalogues.ts';
import { type Speech, speech } from '../../../i18n/format.ts';
import { openBackends } from '../../../stores.ts';
import type { Context } from '../../context.ts';
import { field, logLine, printJson, printLine } from '../../output.ts';

/** Lines of an incident that the list shows, and how much of each: a stack trace is many physical lines. */
const SHOWN_LINES = 2;
const SHOWN = { rows: 3, characters: 240 };

/**
 * `incidents`: the open ones, the worst first. Resolves with the exit code.
 * @param options.all also those that are resolved, muted or kept quiet
 */
export async function incidents(context: Context, options: { all?: boolean }): Promise<number> {
  const { config, log, signal } = context;
  await using backends = await openBackends(config, log, { models: [] });
  const now = Date.now();
  const known = listedIncidents(await allIncidents(backends.state, signal), true, now);
  const found = (options.all ? known : listedIncidents(known, false, now)).map(withoutCredentials);
  const { language, timeZone } = config;
  if (context.json) {
    await printJson(found.map((one) => incidentRow(one, now, causeWords(language, one.rootCause))));
    return 0;
  }
  const spoken = speech(language, timeZone);
  const words = CATALOGUES[language].terminal;
  await printLine(words.incidents(found.length, options.all ?? false, known.length - found.length));
  for (const incident of found) await printLine(`\n${incidentText(incident, spoken, now)}`);
  return 0;
}

/** An incident in a few lines: what, where, since when, and the lines that show it. */
export function incidentText(incident: Incident, spoken: Speech, now: number): string {
  const { say, language, time } = spoken;
  const words = CATALOGUES[language].terminal;
  const row = incidentRow(incident, now, addedCause(language, incident));
  const facts = [
    words[`standing.${standingOf(incident, now)}`],
    words.since(time(incident.activity.firstSeen), time(incident.activity.lastSeen)),
    words.lines(row.lines),
    `#${row.id}`,
  ];
  const told = alertsText(incident, spoken);
  return [
    `${words.severity(row.severity)} ${say.incidentSummary(field(row.service), field(row.title))}`,
    ...(row.cause ? [`    ${words.cause(field(row.cause))}`] : []),
    ...(told ? [`    ${field(told)}`] : []),
    `    ${facts.join(' · ')}`,
    ...row.evidence.slice(0, SHOWN_LINES).map(({ line }) => `      ${logLine(beginning(line), '      ')}`),
  ].join('\n');
}

function beginning(line: string): string {
  const rows = line.split('\n');
  const shown = rows.slice(0, SHOWN.rows).map((row) => cutText(row, SHOWN.characters));
  return [...shown, ...(rows.length > SHOWN.rows ? ['…'] : [])].join('\n');
}
