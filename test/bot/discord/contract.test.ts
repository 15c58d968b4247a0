import { openDiscord } from '../../../src/bot/discord/discord.ts';
import { createLog } from '../../../src/log.ts';
import { chatContract } from '../../contract/chat.ts';
import { startFakeDiscord } from '../../fakes/discord.ts';

chatContract('discord', async () => {
  const fake = await startFakeDiscord();
  const { channel, apiUrl, token } = fake;
  return {
    chat: await openDiscord(
      { kind: 'discord', channel, apiUrl, token },
      { renderChart: async () => Buffer.from('png'), language: 'en', log: createLog('silent') },
    ),
    async shown(ref) {
      const home = ref.thread && ref.thread !== ref.id ? ref.thread : ref.channel;
      const found = fake.messages(home).find(({ id }) => id === ref.id);
      return found && JSON.stringify([found.content, found.embeds, found.components]);
    },
    async command(text) {
      const [name = '', window = '', service = ''] = text.split(' ');
      await fake.command(name, { window, service: service.replace('service:', '') });
    },
    dispose: () => fake.stop(),
  };
});
