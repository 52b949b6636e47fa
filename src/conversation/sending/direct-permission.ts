import type { DirectPermissionState } from "../../domain/conversations/conversation.ts";
import { CoreError, type Failure, noConversation } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";

/** The conversation and D1, as the direct permission needs them. */
export interface DirectPermissionDeps {
  /** Reads the permission from D1. @see ConversationDirectory.directPermission */
  read(): Promise<DirectPermissionState | null>;
  /** Schedules a call of `repair` at this time (ms since 1970), or earlier. */
  schedule(due: number): void;
  /** Takes over what D1 says. Idempotent. */
  store(permission: DirectPermissionState): void;
}

/**
 * Whether the two users of a direct conversation may write. D1 decides; the conversation keeps a copy. While
 * a change is under way:
 * - The Worker announces it here (`announce`), writes to D1, and confirms it here (`confirm`).
 * - Between the two calls the copy does not count: each send waits for a read of D1.
 * - `repair` ends an announcement whose Worker died, so no crash leaves a block without effect.
 */
export class DirectPermission {
  readonly #sql: SqlStorage;
  readonly #deps: DirectPermissionDeps;
  readonly #timing: Timing["directPermission"];
  /** announced and unconfirmed changes: token -> time of the announcement (ms) */
  readonly #announced = new Map<string, number>();
  #currentRead: Promise<void> | undefined;
  #nextRead: Promise<void> | undefined;

  constructor(sql: SqlStorage, deps: DirectPermissionDeps, timing: Timing["directPermission"]) {
    this.#sql = sql;
    this.#deps = deps;
    this.#timing = timing;
    for (const { token, at } of sql.exec<{ token: string; at: number }>("SELECT * FROM permission_changes")) {
      this.#announced.set(token, at);
    }
  }

  /**
   * Announces a change. The copy does not count until `confirm`, or until `expiryMs` have passed. Idempotent
   * by token.
   */
  announce(token: string): void {
    if (this.#announced.has(token)) return;
    const at = Date.now();
    this.#sql.exec("INSERT INTO permission_changes (token, at) VALUES (?, ?)", token, at);
    this.#announced.set(token, at);
    this.#deps.schedule(at + this.#timing.expiryMs);
  }

  /**
   * Confirms a change: takes over what D1 says, and ends the announcement if there was one.
   * @throws `unavailable` if D1 cannot be read, `not_found` if D1 has no such conversation
   */
  async confirm(token: string): Promise<void> {
    await this.#refresh();
    this.#endAnnouncement(token);
  }

  /**
   * Checks whether the copy of the permission counts.
   * @returns null if it counts. Otherwise a promise that never rejects: null once a read of D1 that began
   *   after this call has refreshed the copy, or the failure if D1 could not be read
   */
  check(): Promise<Failure | null> | null {
    if (this.#announced.size === 0) return null;
    return this.#refresh().then(
      () => null,
      (error: unknown) => {
        if (!(error instanceof CoreError)) log("error", "direct_permission_read_failed", errorFields(error));
        return PERMISSION_UNKNOWN;
      },
    );
  }

  /**
   * The `direct_permission` job: reads D1, then ends announcements older than `expiryMs`.
   * @returns when to run again (ms since 1970); null without announcements
   */
  async repair(): Promise<number | null> {
    const expiredBefore = Date.now() - this.#timing.expiryMs;
    await this.#refresh();
    let oldest = Number.POSITIVE_INFINITY;
    for (const [token, at] of this.#announced) {
      if (at <= expiredBefore) this.#endAnnouncement(token);
      else oldest = Math.min(oldest, at);
    }
    return Number.isFinite(oldest) ? oldest + this.#timing.expiryMs : null;
  }

  /**
   * Takes over what D1 says after this call. One read runs at a time, and all callers during a read share the
   * next one: an old answer neither counts as a new one nor overwrites it.
   */
  #refresh(): Promise<void> {
    if (this.#nextRead) return this.#nextRead;
    if (!this.#currentRead) return this.#startRead();
    this.#nextRead = this.#currentRead
      .catch(() => undefined)
      .then(() => {
        this.#nextRead = undefined;
        return this.#startRead();
      });
    return this.#nextRead;
  }

  #startRead(): Promise<void> {
    this.#currentRead = this.#read().finally(() => {
      this.#currentRead = undefined;
    });
    return this.#currentRead;
  }

  async #read(): Promise<void> {
    const permission = await withDeadline(this.#deps.read(), this.#timing.lookupTimeoutMs);
    if (!permission) throw noConversation();
    this.#deps.store(permission);
  }

  #endAnnouncement(token: string): void {
    if (!this.#announced.has(token)) return;
    this.#sql.exec("DELETE FROM permission_changes WHERE token = ?", token);
    this.#announced.delete(token);
  }
}

const PERMISSION_UNKNOWN: Failure = {
  ok: false,
  code: "unavailable",
  detail:
    "Whether you may write here cannot be looked up right now. Send it again with the same client_msg_id.",
  data: { retryAfter: 1 },
};
