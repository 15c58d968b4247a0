import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { SourceLine } from '../../../../src/domain/log/source-line.ts';
import { type ReadOptions, readFiles } from '../../../../src/pipeline/sources/files/files.ts';

/** The folder of the test file that imports this; there while its tests run. */
export let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bongsu-files-'));
});
after(() => rm(dir, { recursive: true, force: true }));

/** Writes a file below the folder. */
export async function put(name: string, content: string | Buffer): Promise<string> {
  const path = join(dir, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}
/** All lines of some files. */
export async function read(paths: string[], options?: ReadOptions): Promise<SourceLine[]> {
  const lines: SourceLine[] = [];
  for await (const batch of readFiles(paths, options)) lines.push(...batch);
  return lines;
}
