// Preloaded into a bot (`node --import`): its wall clock is set back by an hour on SIGUSR2, and stands at what the parent says
// (`{clock}`, epoch ms) once it says something. Timers go on as ever: they are not asked of the wall clock.
const real = Date.now;
let offset = 0;
let told: number | undefined;
const now = (): number => (told ?? real()) + offset;
const RealDate = Date;
const FalseDate = function FalseDate(this: unknown, ...given: unknown[]): unknown {
  if (new.target === undefined) return new RealDate(now()).toString();
  return given.length === 0
    ? new RealDate(now())
    : Reflect.construct(RealDate, given, new.target as typeof Date);
} as unknown as DateConstructor;
Object.setPrototypeOf(FalseDate, RealDate);
Object.defineProperty(FalseDate, 'prototype', { value: RealDate.prototype });
Object.defineProperty(FalseDate, 'now', { value: now });
globalThis.Date = FalseDate;
process.on('SIGUSR2', () => {
  offset -= 3_600_000;
});
process.on('message', (message) => {
  const { clock } = message as { clock?: number };
  if (clock !== undefined) told = clock;
});
