import type { UserId } from "../../ids.ts";
import { type CompiledRules, compileRules } from "./compile.ts";
import type { ModerationRules } from "./rule.ts";

/** What is stored of the rules. */
export interface StoredRules {
  version: number;
  /** null: the version is the one that the caller has */
  rules: ModerationRules | null;
  /** the users whom nobody but themselves hears */
  shadowed: UserId[];
  /** the id of the newest user: later ones may be in the shadow, too */
  newest: number;
}

/** Reads the stored rules. @param known the version that the caller has; null: none */
export type FindRules = (known: number | null) => Promise<StoredRules>;

/** What messages are checked by. */
export interface MessageRules {
  /** null: there are none */
  texts: CompiledRules | null;
  shadowed: ReadonlySet<UserId>;
}

/** The rules as an isolate has compiled them, in up to 0.2 s: its objects and requests share them. */
export class SharedRules {
  #known: { version: number | null; compiled: CompiledRules | null } = { version: null, compiled: null };
  #shadowed: ReadonlySet<UserId> = new Set();
  /** when they were read (ms since 1970); 0: never */
  readAt = 0;
  /** the id of the newest user of whom it is known whether they are in the shadow */
  newest = 0;

  /** What they are for messages, as they were read last; null: there are none, or they were never read. */
  get ofMessages(): MessageRules | null {
    const { compiled: texts } = this.#known;
    return texts || this.#shadowed.size > 0 ? { texts, shadowed: this.#shadowed } : null;
  }

  /**
   * Reads them now. Rejects as `find` does.
   * @returns those of texts; null: there are none
   */
  async read(find: FindRules): Promise<CompiledRules | null> {
    const before = this.#known;
    const { version, rules, shadowed, newest } = await find(before.version);
    this.readAt = Date.now();
    this.#shadowed = new Set(shadowed);
    this.newest = newest;
    if (rules === null) return before.compiled;
    // Another read may have compiled them meanwhile.
    if (version !== this.#known.version)
      this.#known = { version, compiled: rules.length === 0 ? null : compileRules(rules) };
    return this.#known.compiled;
  }
}
