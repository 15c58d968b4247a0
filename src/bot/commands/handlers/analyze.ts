import type { Button } from '../../../domain/question/message.ts';
import { DAY } from '../../../domain/time/units.ts';
import { usd } from '../../../i18n/numbers.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { sentence } from '../../views/replies.ts';
import { type CommandInvocation, commandWindow, lastWindow, type Services } from '../context.ts';
import { retryButton } from './ask.ts';
import { submitJob } from './submit-job.ts';

const DEFAULT_WINDOW_MS = DAY;

/** `analyze`: queues a thorough analysis of a long window; progress, stop button and report come to this place. */
export async function analyze(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { command, speech } = invocation;
  const { say, number } = speech;
  const window =
    (await commandWindow(services, invocation)) ?? (await lastWindow(services.logs, DEFAULT_WINDOW_MS));
  const { askAboveUsd, most } = services.analyses;
  if (most.usd > askAboveUsd && !command.yes) {
    const filter = { ...window, ...(command.services ? { services: command.services } : {}) };
    const { total } = await services.logs.search(filter, { limit: 1 });
    // The button sends the same command again, with the consent to the cost.
    const [again] = await retryButton(services, { ...invocation, typed: `${invocation.typed} --yes` });
    const text = say.analyzeCost(number(total), usd(most.usd, 2), usd(askAboveUsd, 2));
    const start: Button = { ...again!, label: say['button.start'], style: 'primary' };
    return live.finish(sentence(text, 'neutral', [start]));
  }
  const payload = {
    window,
    text: command.text,
    most,
    ...(command.services ? { services: command.services } : {}),
  };
  await submitJob(services, invocation, live, { name: 'analyze', payload });
}
