/**
 * Replaces the clock of this Worker by one that can be set. To be imported before the product, whose modules
 * then see no other `Date`.
 */
const Machine = globalThis.Date;

/** What is added to the time of the machine, in ms; undefined: the clock was never set. */
let offset: number | undefined;

globalThis.Date = new Proxy(Machine, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
});

/** The time that the product sees, in ms since 1970. */
function now(): number {
  return Machine.now() + (offset ?? 0);
}

/**
 * Sets the clock forward, and it runs on. Only the first time may be before the time on the clock: later ones
 * that the clock has passed change nothing.
 * @param at ms since 1970
 * @returns false: `at` is in the future, or no time
 */
export function setClock(at: number): boolean {
  if (!(at <= Machine.now())) return false;
  if (offset === undefined || at > now()) offset = at - Machine.now();
  return true;
}

/**
 * When the runtime should ring an alarm of the product. An alarm that is ahead on the clock and past on the
 * machine would ring at once, find nothing due, and be set anew, in a tight loop. It rings each second
 * instead, until the clock has come so far. An alarm that is ahead on the machine too stays as it is, and so
 * rings when it should in the server after this one.
 * @param due ms since 1970, on the clock
 * @returns ms since 1970, on the machine
 */
export function alarmTime(due: number): number {
  return due <= now() ? due : Math.max(due, Machine.now() + 1_000);
}
