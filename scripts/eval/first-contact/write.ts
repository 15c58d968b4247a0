// node scripts/eval/first-contact/write.ts dev|held SEED FOLDER: writes the cases of one group.
import { DEV } from './dev/all.ts';
import { writeCases } from './generate.ts';
import { HELD } from './held/all.ts';

const [group, seed, folder] = process.argv.slice(2);
if ((group !== 'dev' && group !== 'held') || !Number.isInteger(Number(seed)) || folder === undefined) {
  console.error('usage: write.ts dev|held SEED FOLDER');
  process.exit(2);
}
writeCases(group === 'dev' ? DEV : HELD, Number(seed), folder);
