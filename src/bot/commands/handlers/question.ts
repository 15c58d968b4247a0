import { answerPlainly } from '../../../analysis/queries/answer.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { incidentWindow } from '../../follow-up/incident-analysis.ts';
import { queryView, sentence } from '../../views/replies.ts';
import { askerOf, type CommandInvocation, commandWindow, type Services } from '../context.ts';
import { mistakeText } from '../mistakes.ts';
import { parseCommand } from '../parse/command.ts';
import { timeIn } from '../parse/when-window.ts';
import { ask } from './ask.ts';

const TIMEOUT_MS = MINUTE;

/**
 * `ask`, and plain words: a question about the logs, answered by a query. One about a cause, or for a summary, is handed to the
 * analyst.
 */
export async function question(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { command, speech, incident } = invocation;
  const window = (await commandWindow(services, invocation)) ?? (incident && incidentWindow(incident));
  const { analyst } = services;
  const signal = AbortSignal.any([services.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const answer = await answerPlainly(
    {
      text: command.text,
      language: speech.language,
      ...(window ? { window } : {}),
      ...(command.services ? { services: command.services } : {}),
      ...(incident?.service ? { subject: incident.service } : {}),
    },
    {
      logs: services.logs,
      timeZone: speech.timeZone,
      timeIn,
      signal,
      ...(analyst.chooseQuery
        ? {
            choose: (text, names) =>
              analyst.chooseQuery!(text, names, { asker: askerOf(invocation), signal }),
          }
        : {}),
    },
  );
  if (!('hand' in answer)) return live.finish(queryView(answer, speech));
  const handed = parseCommand(`${answer.hand} ${answer.hand === 'why' ? command.text : ''}`);
  if ('wrong' in handed) return live.finish(sentence(mistakeText(handed, speech)));
  const { services: only, private: hidden } = command;
  await ask(
    services,
    { ...invocation, command: { ...handed, private: hidden, ...(only ? { services: only } : {}) } },
    live,
  );
}
