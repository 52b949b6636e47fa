import { CoreError } from "../../domain/errors.ts";

/** How often work is begun anew for what it lacks: rows, then what they quote, with room for evictions. */
const MAX_TRIES = 6;

/**
 * What work needs is in another object, and is under way. It is thrown before the work has written anything.
 * Work that does not wait for it answers 503, and a later try finds it loaded.
 */
export class NotLoaded extends CoreError {
  /** settles once it is here; it rejects if it could not be loaded */
  readonly loaded: Promise<unknown>;

  constructor(loaded: Promise<unknown>) {
    super("unavailable", "This is being loaded. Try again.", { retryAfter: 1 });
    this.loaded = loaded;
    // Work that does not wait leaves the failure to the next try.
    loaded.catch(() => undefined);
  }
}

/** Does work, and again once what it lacked is loaded. @throws what the work throws, or the load */
export async function whenLoaded<Value>(work: () => Value | Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NotLoaded) || tries === MAX_TRIES) throw error;
      await error.loaded;
    }
  }
}
