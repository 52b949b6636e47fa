import type { Result } from "../../domain/errors.ts";

/**
 * A call of a class of objects, as its table states it. The class gets a method of it (`serveCalls`), and the
 * client of the class too (`rpcClient`).
 * @template Parts what the work is done with: the parts of a loaded object
 */
interface ObjectCall<Parts, Input extends unknown[], Value> {
  /**
   * What the call weighs for the user who makes it, of `WEIGHTS`. A function decides by the input.
   */
  readonly weight: number | ((...input: Input) => number);
  /**
   * Whether the call may be repeated where the platform says that this makes sense. A function decides by the
   * input.
   */
  readonly repeats: boolean | ((...input: Input) => boolean);
  /** @throws CoreError to refuse the call */
  work(parts: Parts, ...input: Input): Value | Promise<Value>;
}

/** A call that answers null, whatever its work gives. */
interface Effect {
  readonly isEffect: true;
}

/** Any call of objects with these parts. */
interface AnyCall<Parts> {
  readonly weight: number | ((...input: never[]) => number);
  readonly repeats: boolean | ((...input: never[]) => boolean);
  readonly isEffect?: true;
  /** where nothing is stored, the call answers null, and makes no object */
  readonly onlyIfStored?: true;
  work(parts: Parts, ...input: unknown[]): unknown;
}

/** The calls of a class of objects, by name. */
export type CallTable<Parts> = Readonly<Record<string, AnyCall<Parts>>>;

type Input<Call> = Call extends ObjectCall<never, infer Input, unknown> ? Input : never;

type Value<Call> = Call extends Effect
  ? null
  : Call extends ObjectCall<never, never, infer Value>
    ? Value
    : never;

/** The methods of an object for the calls of a table. They answer refusals as data. */
export type CallMethods<Table> = {
  [Name in keyof Table]: (...input: Input<Table[Name]>) => Promise<Result<Value<Table[Name]>>>;
};

/**
 * The calls of all objects of a class, by id. A call gives the value, or throws the refusal as a `CoreError`.
 */
export type CallClient<Table, Id> = {
  readonly [Name in keyof Table]: (id: Id, ...input: Input<Table[Name]>) => Promise<Value<Table[Name]>>;
};

/** The ways to state a call of objects with these parts: its weight, and its work. */
export function callsOf<Parts>() {
  type Weight<Input extends unknown[]> = ObjectCall<Parts, Input, unknown>["weight"];
  type Work<Input extends unknown[], Value> = ObjectCall<Parts, Input, Value>["work"];
  return {
    /** A call that is idempotent. */
    repeatable: <Input extends unknown[], Value>(
      weight: Weight<Input>,
      work: Work<Input, Value>,
    ): ObjectCall<Parts, Input, Value> => ({ weight, repeats: true, work }),

    /** A call that is idempotent with some inputs. */
    repeatableIf: <Input extends unknown[], Value>(
      repeats: (...input: Input) => boolean,
      weight: Weight<Input>,
      work: Work<Input, Value>,
    ): ObjectCall<Parts, Input, Value> => ({ weight, repeats, work }),

    /** A call that is tried once: a second try would fail, or do a thing twice. */
    once: <Input extends unknown[], Value>(
      weight: Weight<Input>,
      work: Work<Input, Value>,
    ): ObjectCall<Parts, Input, Value> => ({ weight, repeats: false, work }),
  };
}

/** The same call, which answers null. */
export function effect<Call extends object>(call: Call): Call & Effect {
  return { ...call, isEffect: true };
}

/** The same call, which answers null where nothing is stored, and makes no object. */
export function onlyIfStored<Call extends Effect>(call: Call): Call & { readonly onlyIfStored: true } {
  return { ...call, onlyIfStored: true };
}
