import type { Failure } from "../../domain/errors.ts";
import type { RpcMethod } from "./rpc.ts";

/**
 * What each call of a class of objects weighs for the user who makes it. 0: it is the server's own, or so
 * light a read that other calls end with it. A function decides by the input.
 */
export type CallWeights<Target> = {
  readonly [Name in RpcMethod<Target>]:
    | number
    | ((...input: Parameters<Extract<Target[Name], (...input: never[]) => unknown>>) => number);
};

/**
 * Has each call of a class charged to its user before anything is done. This is the one place where calls
 * enter an object, whether they come from the Worker, an inbox or over a channel.
 * @param prototype of the class; its methods are replaced
 * @param weights names every call of the class
 * @param charge charges the user of a call; a refusal is the answer
 */
export function chargeCalls<Target extends object>(
  prototype: Target,
  weights: CallWeights<Target>,
  charge: (target: Target, input: unknown, weight: number) => Failure | null,
): void {
  for (const [name, weigh] of Object.entries<unknown>(weights)) {
    if (weigh === 0) continue;
    const method: unknown = Reflect.get(prototype, name);
    if (!(method instanceof Function)) throw new Error(`${name} is no call`);
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      async value(this: Target, ...input: unknown[]): Promise<unknown> {
        const weight = Number(weigh instanceof Function ? weigh(...input) : weigh);
        return charge(this, input[0], weight) ?? Reflect.apply(method, this, input);
      },
    });
  }
}
