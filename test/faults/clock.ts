// Preloaded into a bot (`node --import`): its wall clock is set back by an hour on SIGUSR2, and runs `BONGSU_CLOCK_SPEED`
// times as fast as time does since `BONGSU_CLOCK_START` (epoch ms). Timers go on as ever: they are not asked of the wall clock.
const real = Date.now;
const started = Number(process.env.BONGSU_CLOCK_START ?? real());
const speed = Number(process.env.BONGSU_CLOCK_SPEED ?? 1);
let offset = 0;
const now = (): number => Math.round(started + (real() - started) * speed + offset);
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
