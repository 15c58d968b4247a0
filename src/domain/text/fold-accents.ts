const OTHER = /[\u0080-\uffff]/;
/** Letters whose stroke or missing dot is no accent of its own. */
const FOLDED: Record<string, string> = { ı: 'i', ł: 'l', ø: 'o', đ: 'd', '’': "'", ʼ: "'" };
const TO_FOLD = /[ıłøđ’ʼ]/g;
const ACCENTS = /[\u0300-\u036f]/g;

/** A text in small letters without accents, as people write it where the keys for them are missing: `Échec` → `echec`. */
export function foldAccents(text: string): string {
  const lower = text.toLowerCase();
  if (!OTHER.test(lower)) return lower;
  return lower
    .normalize('NFD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(TO_FOLD, (letter) => FOLDED[letter]!);
}
