import { open } from 'node:fs/promises';
import { SECOND } from '../../../domain/time/units.ts';

/** What gzip data begins with: magic number, method, flags, the time of the packed file in seconds. */
const HEADER = 8;

/**
 * When the text in a file was last changed, epoch milliseconds: gzip keeps the time of the file it packed, and packing or
 * copying gives the packed file a new one.
 * @param changed when the file itself was changed; absent for standard input
 */
export async function modifiedAt(path: string, changed: number | undefined): Promise<number | undefined> {
  if (changed === undefined) return undefined;
  try {
    await using file = await open(path);
    const header = Buffer.alloc(HEADER);
    const { bytesRead } = await file.read(header, 0, HEADER, 0);
    if (bytesRead < HEADER || header.readUInt16BE(0) !== 0x1f8b) return changed;
    const packed = header.readUInt32LE(4) * SECOND;
    return packed > 0 ? Math.min(packed, changed) : changed;
  } catch {
    // Whoever reads the file says why it cannot be read.
    return changed;
  }
}
