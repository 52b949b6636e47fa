import type { Failure, Result } from "../../domain/errors.ts";
import { whenLoaded } from "./not-loaded.ts";
import type { CallTable } from "./object-call.ts";
import { answer } from "./rpc.ts";

/** What a call needs of its object. */
interface CallHost<Target, Parts> {
  /** Charges the user of a call. @returns the refusal of a user who has nothing left */
  charge(target: Target, input: unknown, weight: number): Failure | null;
  /** The parts of the object for a call, made if it was never used. @throws `not_found` */
  load(target: Target, input: unknown): Promise<Parts>;
  /** Whether anything is stored in the object. */
  isStored(target: Target): boolean;
}

/**
 * Gives a class of objects the methods of its calls. This is the one place where calls enter an object,
 * whether they come from the Worker, another object or over a channel: a call is charged to its user before
 * anything is done, and answers refusals as data.
 * @param prototype of the class. The platform calls methods of prototypes only
 */
export function serveCalls<Target extends object, Parts>(
  prototype: Target,
  calls: CallTable<Parts>,
  host: CallHost<Target, Parts>,
): void {
  for (const [name, call] of Object.entries(calls)) {
    const { weight, isEffect = false, onlyIfStored = false } = call;
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      async value(this: Target, ...input: unknown[]): Promise<Result<unknown>> {
        const weighed = weight instanceof Function ? Number(Reflect.apply(weight, undefined, input)) : weight;
        // A call without weight is not refused, not even to a user who has nothing left.
        const refusal = weighed === 0 ? null : host.charge(this, input[0], weighed);
        if (refusal) return refusal;
        return answer(async () => {
          if (onlyIfStored && !host.isStored(this)) return null;
          const parts = await host.load(this, input[0]);
          const value = await whenLoaded(() => call.work(parts, ...input));
          return isEffect ? null : value;
        });
      },
    });
  }
}
