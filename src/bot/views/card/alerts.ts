import type { Incident } from '../../../domain/alert/incident.ts';
import type { OutsideAlert } from '../../../domain/alert/outside-alert.ts';
import type { Speech } from '../../../i18n/format.ts';
import { oneLine } from './headline.ts';

/** Alerts that are in view, and links that are folded away. */
const SHOWN = 3;
const LINKS = 5;
const NAME = 120;

/** Those that fire first, of these the latest first. */
const sorted = ({ alerts }: Pick<Incident, 'alerts'>): OutsideAlert[] =>
  [...(alerts?.list ?? [])].sort(
    (a, b) => Number(a.until !== undefined) - Number(b.until !== undefined) || b.since - a.since,
  );

const nameOf = ({ source, name }: OutsideAlert): [source: string, name: string] => [
  oneLine(source, 60),
  oneLine(name, NAME),
];

/** What other systems say about it: `Alertmanager: HighErrorRate firing since 10:03`; `''` if none does. */
export function alertsText(incident: Pick<Incident, 'alerts'>, { say, time }: Speech): string {
  const all = sorted(incident);
  const shown = all
    .slice(0, SHOWN)
    .map((alert) =>
      alert.until === undefined
        ? say.alertFiring(...nameOf(alert), time(alert.since))
        : say.alertOver(...nameOf(alert), time(alert.until)),
    );
  if (all.length > SHOWN) shown.push(say.moreAlerts(all.length - SHOWN));
  return shown.join(' · ');
}

/** Where these alerts can be seen, as text: `Alertmanager: HighErrorRate https://…`, one on each line. */
export const alertLinks = (incident: Pick<Incident, 'alerts'>): string[] =>
  sorted(incident)
    .filter(({ url }) => url !== undefined)
    .slice(0, LINKS)
    .map((alert) => `${nameOf(alert).join(': ')} ${alert.url}`);
