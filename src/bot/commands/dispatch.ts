import { toAppError } from '../../domain/errors.ts';
import type { LiveMessage } from '../chat/chat.ts';
import { errorView } from '../views/replies.ts';
import type { CommandInvocation, Services } from './context.ts';
import { analyze } from './handlers/analyze.ts';
import { Answered, ask } from './handlers/ask.ts';
import { digest } from './handlers/digest.ts';
import { jobs, mayStop } from './handlers/jobs.ts';
import { audit, incident, incidents, mutes, shadow } from './handlers/lists.ts';
import { cost, health, help } from './handlers/overview.ts';
import { question } from './handlers/question.ts';
import { search } from './handlers/search.ts';
import { tune } from './handlers/tune.ts';
import { noteDone, permitted } from './permission.ts';
import { type CommandName, roleFor } from './table/table.ts';

type Handler = (services: Services, invocation: CommandInvocation, live: LiveMessage) => Promise<void>;

/** The handler of each command of the table. */
const HANDLERS: Readonly<Record<CommandName, Handler>> = {
  ask: question,
  why: ask,
  summarize: ask,
  search,
  analyze,
  digest,
  jobs,
  tune,
  health,
  incidents,
  incident,
  mutes,
  shadow,
  audit,
  cost,
  help,
};

/**
 * Whether this person may give the command; if not, they get a message. Refused commands that would change something are in the
 * audit log.
 */
export async function mayGive(services: Services, invocation: CommandInvocation): Promise<boolean> {
  const { name, text } = invocation.command;
  const [verb, id] = text.split(' ');
  const needs = roleFor(name, verb);
  if (needs === 'viewer') return true;
  if (name === 'jobs' && verb === 'stop') return mayStop(services, invocation, id!);
  const what = needs === roleFor(name) ? name : `${name} ${text}`;
  if (!(await permitted(services, invocation, needs, what))) return false;
  if (name === 'jobs') await noteDone(services, invocation, 'jobs', text);
  return true;
}

/** Runs a command; what goes wrong becomes a sentence in its message. Throws `Answered` then. */
export async function runCommand(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  try {
    await HANDLERS[invocation.command.name](services, invocation, live);
  } catch (cause) {
    if (cause instanceof Answered) throw cause;
    const error = toAppError(cause);
    services.log.warn({ err: error, command: invocation.command.name }, 'a command failed');
    await live.finish(errorView(error, invocation.speech));
    throw new Answered(error);
  }
}
