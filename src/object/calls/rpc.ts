import { z } from "zod";
import { CoreError, type ErrorCode, Failure, type Result } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";
import type { CallChannels } from "./call-channels.ts";
import type { CallClient, CallTable } from "./object-call.ts";

const ATTEMPTS = 3;

/** Makes the client of one class of objects. */
type RpcClientClass<Table, Id> = new (
  stubOf: (id: Id) => object,
  timing: Timing["rpcRetry"],
  channels?: CallChannels<Id>,
) => CallClient<Table, Id>;

/**
 * The class of clients of a class of objects. Its methods are made once: a client is made for each request.
 * A client gets the stub of an object anew for each try, as a failure breaks a stub.
 * @param calls of the class
 * @param overChannels the calls for which a client with channels uses them; only calls that are repeated
 */
export function rpcClient<Table extends CallTable<never>, Id>(
  calls: Table,
  overChannels: readonly (keyof Table)[] = [],
): RpcClientClass<Table, Id> {
  class Client {
    readonly stubOf: (id: Id) => object;
    readonly timing: Timing["rpcRetry"];
    readonly channels: CallChannels<Id> | undefined;

    constructor(stubOf: (id: Id) => object, timing: Timing["rpcRetry"], channels?: CallChannels<Id>) {
      this.stubOf = stubOf;
      this.timing = timing;
      this.channels = channels;
    }
  }
  const usesChannels: ReadonlySet<PropertyKey> = new Set(overChannels);
  for (const [name, { repeats }] of Object.entries(calls)) {
    const isOverChannels = usesChannels.has(name);
    Object.defineProperty(Client.prototype, name, {
      value(this: Client, id: Id, ...input: unknown[]): Promise<unknown> {
        const callOn = async (callee: object): Promise<Result<unknown>> =>
          Reflect.apply(Reflect.get(callee, name), callee, input);
        const once = () => callOn(this.stubOf(id));
        const isRepeated = repeats instanceof Function ? Reflect.apply(repeats, undefined, input) : repeats;
        if (!isRepeated) return callObjectOnce(once);
        const channels = isOverChannels ? this.channels : undefined;
        return callObject(this.timing, channels ? () => channels.call(id, callOn, once) : once);
      },
    });
  }
  // The type is claimed: the methods are those of the table.
  return Client as unknown as RpcClientClass<Table, Id>;
}

/** How the platform marks its own failures of a call to an object. */
const PlatformError = z.object({
  retryable: z.boolean().optional(),
  overloaded: z.boolean().optional(),
  durableObjectReset: z.boolean().optional(),
});

/**
 * Calls an object and gives what it answered.
 * @param once one call on a fresh stub; only idempotent calls may be handed in, as it is repeated
 *   (with jitter) where the platform says that this makes sense
 * @throws CoreError as the object refused, or `unavailable` where the object cannot be reached
 */
async function callObject<T>({ backoffMs }: Timing["rpcRetry"], once: () => Promise<Result<T>>): Promise<T> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    try {
      return unwrap(await once());
    } catch (error) {
      const { retryable, overloaded } = callFailure(error);
      if (!retryable || overloaded) throw refusal(error);
      await new Promise((resolve) => setTimeout(resolve, backoffMs * 2 ** attempt * Math.random()));
    }
  }
  return callObjectOnce(once);
}

/** The same for a call that is not idempotent: it is tried once. */
export async function callObjectOnce<T>(once: () => Promise<Result<T>>): Promise<T> {
  try {
    return unwrap(await once());
  } catch (error) {
    throw refusal(error);
  }
}

/** What the platform says of its own failure; nothing of a refusal or a bug. */
function callFailure(error: unknown): z.infer<typeof PlatformError> {
  return error instanceof CoreError ? {} : (PlatformError.safeParse(error).data ?? {});
}

function refusal(error: unknown): unknown {
  const { retryable, overloaded, durableObjectReset } = callFailure(error);
  if (!retryable && !overloaded && !durableObjectReset) return error;
  return new CoreError("unavailable", "What was asked for cannot be reached right now. Try again.", {
    retryAfter: 1,
  });
}

/** The value of an answer; a failure becomes the `CoreError` that it was. */
function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { code, detail, data } = Failure.parse(result);
  throw new CoreError(code satisfies ErrorCode, detail, data);
}

/** Runs what a method does and answers as data what it refuses; only bugs throw across. */
export async function answer<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof CoreError) return error.toFailure();
    throw error;
  }
}
