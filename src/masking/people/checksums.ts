const digitsOf = (text: string): number[] => [...text.replace(/\D/g, '')].map(Number);

const weighted = (digits: number[], weights: readonly number[]): number =>
  weights.reduce((sum, weight, i) => sum + weight * digits[i]!, 0);

/** Whether six digits are a day, and the digit behind them fits its century: 1, 2, 5, 6 before 2000, 3, 4, 7, 8 since. */
export function isBirth(yymmdd: string, sex: string): boolean {
  const [year, month, day] = [yymmdd.slice(0, 2), yymmdd.slice(2, 4), yymmdd.slice(4, 6)].map(Number) as [
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1) return false;
  const isOld = '1256'.includes(sex);
  return day <= new Date(Date.UTC(isOld ? 1900 + year : 2000 + year, month, 0)).getUTCDate();
}

/** The check digit of a resident number; a foreigner's is two more. Numbers given out since October 2020 have none. */
export function isResidentNumber(text: string): boolean {
  const digits = digitsOf(text);
  const sum = weighted(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
  const isForeign = digits[6]! >= 5;
  return ((isForeign ? 13 : 11) - (sum % 11)) % 10 === digits[12];
}

export function isBusinessNumber(text: string): boolean {
  const digits = digitsOf(text);
  const sum = weighted(digits, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + Math.floor((digits[8]! * 5) / 10);
  return digits.length === 10 && (10 - (sum % 10)) % 10 === digits[9];
}

function luhn(text: string): boolean {
  const digits = digitsOf(text).reverse();
  let sum = 0;
  for (const [i, digit] of digits.entries())
    sum += i % 2 === 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
  return sum % 10 === 0;
}

/** Beginnings of the numbers of card issuers, with the lengths they have. */
const ISSUERS: [RegExp, readonly number[]][] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^(?:62|81)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|3095|3[68])/, [14, 16]],
  [/^9[0-9]/, [16]],
  [/^(?:5018|5020|5038|58|6304|67[0-9]{2})/, [13, 15, 16, 17, 18, 19]],
];

export function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  return (
    ISSUERS.some(([start, lengths]) => start.test(digits) && lengths.includes(digits.length)) && luhn(digits)
  );
}

/** ISO 13616: the letters are numbers, the first four characters go to the end, and 97 leaves one. */
export function isIban(text: string): boolean {
  const plain = text.replace(/[\s-]/g, '').toUpperCase();
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const c of plain.slice(4) + plain.slice(0, 4))
    rest = c >= 'A' && c <= 'Z' ? (rest * 100 + c.charCodeAt(0) - 55) % 97 : (rest * 10 + Number(c)) % 97;
  return rest === 1;
}

/** The resident number of China: a day in the middle, and ISO 7064 at the end. */
export function isChineseNumber(text: string): boolean {
  if (!isBirth(text.slice(8, 14), text.slice(6, 8) === '19' ? '1' : '3')) return false;
  const sum = weighted(digitsOf(text.slice(0, 17)), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
  return '10X98765432'[sum % 11] === text.at(-1)!.toUpperCase();
}

/** The tax number of a person in Brazil. */
export function isCpf(text: string): boolean {
  const digits = digitsOf(text);
  const check = (length: number): number => {
    let sum = 0;
    for (let i = 0; i < length; i += 1) sum += digits[i]! * (length + 1 - i);
    return ((sum * 10) % 11) % 10;
  };
  return digits.length === 11 && check(9) === digits[9] && check(10) === digits[10];
}
