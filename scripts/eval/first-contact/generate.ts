// Every case of a group of families, as folders.
import { join } from 'node:path';
import { type Family, settle, writeCase } from './case.ts';
import { createDraw } from './draw.ts';

/** A family's cases of one seed: name, family and what is written. */
export function* casesOf(
  families: readonly Family[],
  seed: number,
): Generator<{ name: string; family: string } & ReturnType<typeof settle>> {
  for (const family of families)
    for (const broken of [true, false]) {
      if (family.only === (broken ? 'healthy' : 'broken')) continue;
      const name = broken ? family.name : `${family.name}-healthy`;
      yield {
        name,
        family: family.name,
        ...settle(name, broken, family.make(createDraw(name, seed), broken)),
      };
    }
}

/** Writes them under `folder`; existing cases of the same names are replaced. */
export function writeCases(families: readonly Family[], seed: number, folder: string): void {
  for (const { name, files, truth } of casesOf(families, seed))
    writeCase(join(folder, name), { files, truth });
}
