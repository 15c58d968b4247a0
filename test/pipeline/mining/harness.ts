import { Masker } from '../../../src/pipeline/mining/mask.ts';

const masker = new Masker();

/** The tokens of a message with `<*>` for what is surely variable. */
export function maskTokens(message: string): string[] {
  masker.scan(message);
  return masker.tokens();
}
