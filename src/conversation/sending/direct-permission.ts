import type { DirectFlags } from "../../domain/conversations/conversation.ts";
import { CoreError, type Failure, noConversation } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/** What the flags need of their conversation. */
export interface DirectPermissionDeps {
  /** @see ConversationDirectory.flags */
  read(): Promise<DirectFlags | null>;
  /** Has `repair` called at this time, or earlier. */
  schedule(due: number): void;
  /** Told when whether the two may write is another thing than before. */
  changed(): void;
}

/**
 * Whether the two of a direct conversation may write, which D1 decides. Who changes it there announces that
 * here before (`changing`) and tells when it is done (`changed`). In between each send waits for a look at
 * D1, and `repair` ends an announcement whose maker has died: no crash leaves a block without effect.
 */
export class DirectPermission {
  readonly #sql: SqlStorage;
  readonly #state: ConversationState;
  readonly #deps: DirectPermissionDeps;
  readonly #timing: Timing["blockChange"];
  /** the changes that were announced and are not told to be done, with the time of their announcement */
  readonly #changes = new Map<string, number>();
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    sql: SqlStorage,
    state: ConversationState,
    deps: DirectPermissionDeps,
    timing: Timing["blockChange"],
  ) {
    this.#sql = sql;
    this.#state = state;
    this.#deps = deps;
    this.#timing = timing;
    for (const { token, at } of sql.exec<{ token: string; at: number }>("SELECT * FROM flag_changes")) {
      this.#changes.set(token, at);
    }
  }

  /** A change begins: until it is told to be done, or `expiryMs` have passed, nothing known here counts. */
  prepareChange(token: string): void {
    if (this.#changes.has(token)) return;
    const at = Date.now();
    this.#sql.exec("INSERT INTO flag_changes (token, at) VALUES (?, ?)", token, at);
    this.#changes.set(token, at);
    this.#deps.schedule(at + this.#timing.expiryMs);
  }

  /** A change is done, whether it was announced here or not. @throws `unavailable` where D1 cannot be read */
  async changed(token: string): Promise<void> {
    await this.#refresh();
    this.#forget(token);
  }

  /**
   * Whether what is known here may be relied on.
   * @returns null: it may. Otherwise a look at D1 that begins after this call, and never rejects: null once
   *   it is known, or why it is not
   */
  check(): Promise<Failure | null> | null {
    if (this.#changes.size === 0) return null;
    return this.#refresh().then(
      () => null,
      (error: unknown) => {
        if (!(error instanceof CoreError)) log("error", "flags_not_read", errorFields(error));
        return UNKNOWN;
      },
    );
  }

  /** The `flags` job: looks at D1, and ends what was announced too long ago. @returns when to do so again */
  async repair(): Promise<number | null> {
    const over = Date.now() - this.#timing.expiryMs;
    await this.#refresh();
    let oldest = Number.POSITIVE_INFINITY;
    for (const [token, at] of this.#changes) {
      if (at <= over) this.#forget(token);
      else oldest = Math.min(oldest, at);
    }
    return Number.isFinite(oldest) ? oldest + this.#timing.expiryMs : null;
  }

  /**
   * Takes over what D1 says from now on. One look at a time: who asks while one is under way shares the
   * next, so that an old answer neither counts as a new one nor overwrites it.
   */
  #refresh(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#reading) return this.#begin();
    this.#next = this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const directFlags = await withDeadline(this.#deps.read(), this.#timing.lookupTimeoutMs);
    if (!directFlags) throw noConversation();
    if (this.#state.setDirectFlags(directFlags)) this.#deps.changed();
  }

  #forget(token: string): void {
    if (!this.#changes.has(token)) return;
    this.#sql.exec("DELETE FROM flag_changes WHERE token = ?", token);
    this.#changes.delete(token);
  }
}

const UNKNOWN: Failure = {
  ok: false,
  code: "unavailable",
  detail:
    "Whether you may write here cannot be looked up right now. Send it again with the same client_msg_id.",
  data: { retryAfter: 1 },
};
