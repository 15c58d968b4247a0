import { type DigestSpan, digestId, lastPeriod } from '../../domain/job/digest.ts';
import type { LiveMessage } from '../chat/chat.ts';
import { digestView } from '../views/digest.ts';
import type { JobMessages } from './analyze.ts';
import type { Asked, Services } from './context.ts';
import { submit } from './submit.ts';

/** `digest [yesterday|week]`: the last whole day or week, at once where it was made already. */
export async function digest(
  services: Services,
  asked: Asked,
  live: LiveMessage,
  messages: JobMessages,
): Promise<void> {
  const { chat, request, command } = asked;
  const { teams } = services;
  // A team's own channel asks for the team's own digest.
  const team =
    teams.find((one) => one.channel === request.place.channel && (one.chat ?? chat.name) === chat.name) ??
    teams[0]!;
  const period = lastPeriod(command.text as DigestSpan, Date.now(), team.timeZone ?? asked.speech.timeZone);
  const made = await services.state.get('digest', digestId(team.name, period));
  if (made) return live.finish(digestView(made.value, asked.speech));
  await submit(services, asked, live, messages, { name: 'digest', payload: { team: team.name, ...period } });
}
