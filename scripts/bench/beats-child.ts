// One way of receiving Beats, in a process of its own, so that its memory is its own.
// Usage: node beats-child.ts budget|plain FOLDER; prints the ports, then runs until its input ends.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { inflate } from 'node:zlib';
import { createApp } from '../../src/app.ts';
import { parseConfig, ROLES } from '../../src/config/config.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';

// As `src/main.ts` does.
setFlagsFromString('--heap-growing-percent=50');
const [way, folder] = process.argv.slice(2);
if (!folder) throw new Error('budget|plain FOLDER');
const config = {
  ...parseConfig({
    models: [],
    http: { port: 0 },
    ...(way === 'budget' ? { collect: { beats: { port: 0 } } } : {}),
  }),
  dataDir: join(folder, 'data'),
};
const app = await createApp(config, ROLES, createLog('silent'));
await app.start();
let port = app.collectors?.listeners[0]?.port ?? 0;

const unpack = promisify(inflate);
/** The plain way: a frame is gathered, unpacked as a whole, and all of its lines wait to be stored together. */
async function serve(socket: Socket): Promise<void> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    for (;;) {
      const skip = bytes[1] === 0x57 ? 6 : 0;
      if (bytes.length < skip + 6 || bytes.length < skip + 6 + bytes.readUInt32BE(skip + 2)) break;
      const end = skip + 6 + bytes.readUInt32BE(skip + 2);
      const plain = await unpack(bytes.subarray(skip + 6, end));
      bytes = bytes.subarray(end);
      const lines: SourceLine[] = [];
      let sequence = 0;
      for (let at = 0; at < plain.length; ) {
        sequence = plain.readUInt32BE(at + 2);
        const length = plain.readUInt32BE(at + 6);
        const fields = JSON.parse(plain.toString('utf8', at + 10, at + 10 + length)) as { message: string };
        lines.push({ text: fields.message, fields, source: 'beats', position: `${sequence}` });
        at += 10 + length;
      }
      await app.pipeline!.take(lines, { source: 'beats' });
      const ack = Buffer.alloc(6);
      ack.write('2A', 'latin1');
      ack.writeUInt32BE(sequence, 2);
      socket.write(ack);
    }
  }
}
if (way === 'plain') {
  const server = createServer((socket) => void serve(socket).catch(() => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as { port: number }).port;
}
console.log(JSON.stringify({ port, http: app.address }));
process.stdin.resume().on('end', () => process.exit(0));
