import type { UserId } from "../../domain/ids.ts";
import type { FindRules, MessageRules, SharedRules } from "../../domain/moderation/rules/shared.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";

/** Where rules come from. */
export interface RulesSource {
  shared: SharedRules;
  find: FindRules;
}

/**
 * The rules as an object knows them. They are read again behind a message; only the first message after a
 * pause waits for them. Without an answer those of before hold.
 */
export class KnownRules {
  readonly #source: RulesSource;
  readonly #timing: Timing["rules"];
  #reading: Promise<void> | undefined;

  constructor(source: RulesSource, timing: Timing["rules"]) {
    this.#source = source;
    this.#timing = timing;
  }

  /** null: there are none; undefined: they have to be read first, by `read` */
  get known(): MessageRules | null | undefined {
    const { readAt, ofMessages } = this.#source.shared;
    // After the clock was put back, rules of the future are as old as they are far away.
    const age = Math.abs(Date.now() - readAt);
    if (age >= this.#timing.staleMs) return undefined;
    if (age >= this.#timing.keepMs) void this.read();
    return ofMessages;
  }

  /** As they were read last, however long ago; null: there are none, or they were never read. */
  get last(): MessageRules | null {
    return this.#source.shared.ofMessages;
  }

  /** Whether a user came after the last read, so that it is not known whether they are in the shadow. */
  isNew(userId: UserId): boolean {
    return userId > this.#source.shared.newest;
  }

  /** Never rejects. @returns null: there are none */
  async read(): Promise<MessageRules | null> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    return this.last;
  }

  async #read(): Promise<void> {
    const { shared, find } = this.#source;
    const { keepMs, readTimeoutMs } = this.#timing;
    try {
      await withDeadline(shared.read(find), readTimeoutMs);
    } catch (error) {
      // The next message asks again, and does not wait.
      shared.readAt = Date.now() - keepMs;
      log("warn", "rules_not_read", errorFields(error));
    }
  }
}
