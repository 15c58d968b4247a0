import type { Block, Message } from '../../domain/question/message.ts';
import { type Budget, type Spent, type SpentReport, tokensIn } from '../../domain/question/spend.ts';
import type { Speech } from '../../i18n/format.ts';
import { usd } from '../../i18n/numbers.ts';
import { oneLine } from './card/headline.ts';

const ROWS = 10;

/** What models cost today and this week, by person and by task, and how much of the budget is left. */
export function costView(
  report: { day: string; today: SpentReport; week: SpentReport; budget: Budget },
  speech: Speech,
): Message {
  const { say, number } = speech;
  const { today, week, budget } = report;
  const amount = (spent: Spent): string =>
    say.costAmount(usd(spent.usd), number(tokensIn(spent)), spent.calls);
  const limits = [
    ...(budget.usd === null ? [] : [usd(budget.usd)]),
    ...(budget.tokens === null ? [] : [say.costTokens(number(budget.tokens))]),
  ];
  const person = [
    ...(budget.usdPerUser === null ? [] : [usd(budget.usdPerUser)]),
    ...(budget.tokensPerUser === null ? [] : [say.costTokens(number(budget.tokensPerUser))]),
  ];
  const rows = (
    title: string,
    list: (Spent & { name: string })[],
    name: (name: string) => string,
  ): Block[] =>
    list.length === 0
      ? []
      : [
          {
            kind: 'text',
            text: [
              title,
              ...list.slice(0, ROWS).map((one) => `• ${oneLine(name(one.name), 80)}: ${amount(one)}`),
            ].join('\n'),
          },
        ];
  const title = say.costTitle(usd(today.all.usd));
  const task = (name: string): string => {
    const known = (say as Record<string, unknown>)[`cost.task.${name}`];
    return typeof known === 'string' ? known : name;
  };
  return {
    summary: title,
    tone: 'neutral',
    blocks: [
      { kind: 'heading', text: title },
      {
        kind: 'fields',
        fields: [
          { label: say['cost.today'], value: amount(today.all) },
          { label: say['cost.week'], value: amount(week.all) },
          { label: say['cost.limit'], value: limits.length > 0 ? limits.join(' · ') : say['cost.none'] },
          { label: say['cost.limitUser'], value: person.length > 0 ? person.join(' · ') : say['cost.none'] },
        ],
      },
      ...rows(say['cost.byUserToday'], today.users, (name) => name),
      ...rows(say['cost.byTaskToday'], today.tasks, task),
      ...rows(say['cost.byUserWeek'], week.users, (name) => name),
      ...rows(say['cost.byTaskWeek'], week.tasks, task),
      { kind: 'footnote', text: say.costDay(report.day) },
    ],
  };
}
