import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../../../domain/errors.ts';
import type { SourceLine } from '../../source-line.ts';
import { contentPositions } from '../identity.ts';
import { type Listener, type ListenerDeps, listenTcp, type Tls } from '../listener.ts';
import { chunksOf } from '../silence.ts';
import { beatsLine } from './event.ts';
import { createLumberjackReader } from './frames.ts';

/** While a window is being stored, its sender is told this often that the connection lives. */
const KEEPALIVE_MS = 5_000;
/** Events handed on together while a window still comes in. */
const SLICE = 1_000;

/** The acknowledgement of all events up to `sequence`; 0 acknowledges nothing and only says "still here". */
function acknowledgement(sequence: number): Buffer {
  const frame = Buffer.alloc(6);
  frame.write('2A', 'latin1');
  frame.writeUInt32BE(sequence, 2);
  return frame;
}

/**
 * Beats (Lumberjack v2). A window is acknowledged when all its records are stored and its anomalies published, and
 * never in part: what was not acknowledged comes again as a whole and gets the same ids, so nothing is lost or doubled.
 */
export function listenBeats(
  options: { host: string; port: number; tls?: Tls | undefined },
  deps: ListenerDeps,
): Promise<Listener> {
  const { intake, refusals, limits, silence } = deps;

  async function serve(socket: Socket, sender: string, stopping: () => boolean): Promise<void> {
    const reader = createLumberjackReader(limits.messageBytes);
    let size = 0;
    let events = 0;
    let positions = contentPositions();
    let lines: SourceLine[] = [];
    let safe: Promise<void>[] = [];
    /** How adding went is looked at where the window ends. */
    const handOn = async (): Promise<void> => {
      if (lines.length === 0) return;
      const adding = intake.add(lines);
      adding.catch(() => {});
      safe.push(adding);
      const pause = refusals.spend(sender, lines.length);
      lines = [];
      if (pause > 0) {
        refusals.refuse('rate', sender);
        await sleep(pause);
      }
      await intake.room();
    };
    const acknowledge = async (sequence: number): Promise<void> => {
      const alive = setInterval(() => socket.write(acknowledgement(0)), KEEPALIVE_MS);
      try {
        await handOn();
        await Promise.all(safe);
      } finally {
        clearInterval(alive);
      }
      socket.write(acknowledgement(sequence));
    };
    try {
      // A window that stopped half-way was not acknowledged: it comes again.
      for await (const chunk of chunksOf(socket, { ...silence, cutMs: 0 }))
        for await (const frame of reader.push(chunk)) {
          if (frame.kind === 'window') {
            size = frame.size;
            events = 0;
            safe = [];
            positions = contentPositions();
            continue;
          }
          const line = beatsLine(frame.json, {
            sender,
            receivedAt: Date.now(),
            position: (dated) => positions.next(frame.json, dated),
          });
          if (line) lines.push(line);
          // It would come again for ever: it is acknowledged with the rest, and counted.
          else refusals.refuse('malformed', sender);
          events += 1;
          if (events >= size) {
            await acknowledge(frame.sequence);
            size = 0;
            if (stopping()) return;
          } else if (lines.length >= SLICE) await handOn();
        }
    } catch (error) {
      const { code } = toAppError(error);
      if (code === 'too_large' || code === 'malformed') refusals.refuse(code, sender);
      throw error;
    }
  }
  return listenTcp({ ...options, name: 'beats', kind: 'beats' }, deps, serve);
}
