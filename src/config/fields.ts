import { z } from 'zod';

/** Kinds of values that occur in several sections. */
export const httpUrl = z.url({ protocol: /^https?$/ });
export const milliseconds = z.int().positive();
export const timeZone = z.string().refine(isTimeZone, 'not an IANA time zone such as Asia/Seoul');

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
