import { openSlack } from '../../../src/bot/slack/slack.ts';
import { createLog } from '../../../src/log.ts';
import { chatContract } from '../../contract/chat.ts';
import { startFakeSlack } from '../../fakes/slack.ts';

for (const mode of ['socket', 'http'] as const)
  chatContract(`slack, ${mode}`, async () => {
    const fake = await startFakeSlack();
    const { channel, apiUrl, botToken, appToken, signingSecret } = fake;
    const chat = await openSlack(
      { kind: 'slack', channel, mode, port: 0, apiUrl, botToken, appToken, signingSecret },
      { renderChart: async () => Buffer.from('png'), language: 'en', log: createLog('silent') },
    );
    return {
      chat,
      async shown(ref) {
        const found = (await fake.messages(ref.thread)).find(({ ts }) => ts === ref.id);
        return found && JSON.stringify(found.blocks);
      },
      async command(text, place) {
        if (mode === 'http') fake.deliverTo(`http://127.0.0.1:${chat.port}`);
        if (place?.thread) await fake.mention(text, { thread: place.thread });
        else await fake.command(text);
      },
      dispose: () => fake.stop(),
    };
  });
