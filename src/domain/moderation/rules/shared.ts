import { type CompiledRules, compileRules } from "./compile.ts";
import type { ModerationRules } from "./rule.ts";

/**
 * Reads the stored rules.
 * @param known the version that the caller has: the rules are null if it is the present one
 */
export type FindRules = (known: number | null) => Promise<{ version: number; rules: ModerationRules | null }>;

/** The rules as an isolate has compiled them, which takes up to 0.2 s: its objects and requests share them. */
export class SharedRules {
  #known: { version: number | null; compiled: CompiledRules | null } = { version: null, compiled: null };
  /** when they were read (ms since 1970); 0: never */
  readAt = 0;

  /** The rules as they were read last; null: there are none, or they were never read. */
  get compiled(): CompiledRules | null {
    return this.#known.compiled;
  }

  /**
   * Reads them now. Rejects as `find` does.
   * @returns null: there are none
   */
  async read(find: FindRules): Promise<CompiledRules | null> {
    const before = this.#known;
    const { version, rules } = await find(before.version);
    this.readAt = Date.now();
    if (rules === null) return before.compiled;
    // Another read may have compiled them meanwhile.
    if (version !== this.#known.version)
      this.#known = { version, compiled: rules.length === 0 ? null : compileRules(rules) };
    return this.#known.compiled;
  }
}
