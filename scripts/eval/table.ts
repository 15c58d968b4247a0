/** One figure of a quality measurement, with what is asked of it. */
export interface Score {
  /** What is measured, as a person reads it. */
  name: string;
  value: number;
  /** Printed behind the value: `ms`, `of 35 cases`; nothing for a plain share. */
  unit?: string;
  /** What is to be reached at least; below it unless `most` says that less is better. */
  atLeast?: number;
  aim?: number;
  /** Less is better. */
  most?: boolean;
  /** What the figure stands on: the set, the number of samples, the scorer. */
  note?: string;
}

/** One part of `npm run eval`: a heading and its figures. */
export interface Table {
  title: string;
  scores: Score[];
}

const shown = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toFixed(3).replace(/0$/, '');

/** How a figure compares with its goal: `aim`, `reached`, `missed`, or nothing if there is no goal. */
export function goalState({ value, atLeast, aim, most }: Score): string {
  const meets = (bound: number): boolean => (most ? value <= bound : value >= bound);
  if (aim !== undefined && meets(aim)) return 'aim';
  if (atLeast === undefined) return '';
  return meets(atLeast) ? 'reached' : '**missed**';
}

/** The table as Markdown. */
export function markdown({ title, scores }: Table): string {
  const rows = scores.map((score) =>
    [
      '',
      score.name,
      `${shown(score.value)}${score.unit ? ` ${score.unit}` : ''}`,
      score.atLeast === undefined ? '' : shown(score.atLeast),
      score.aim === undefined ? '' : shown(score.aim),
      goalState(score),
      score.note ?? '',
      '',
    ].join(' | '),
  );
  return [
    `## ${title}`,
    '',
    '| what | figure | at least | aim | stands | on |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => row.trim()),
    '',
  ].join('\n');
}
