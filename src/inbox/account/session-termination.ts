import type { SessionId } from "../../domain/ids.ts";
import type { EndedSession } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { SessionGate } from "./session-gate.ts";

/** The alarm jobs of ended sessions. */
interface Scheduler {
  schedule(kind: "kick" | "expired_sessions" | "session_lookup", key: string, due: number): void;
  cancel(kind: "kick" | "session_lookup", key: string): void;
}

/** The sockets of the user, and what D1 has of their sessions. */
interface Sessions {
  /** the sessions that D1 has ended, and whose tokens have not expired */
  ended(): Promise<EndedSession[]>;
  /** whether the account is deleted */
  isDeleted(): boolean;
  /** closes the device sockets of a session */
  closeHere(sessionId: SessionId): void;
  /** closes all device sockets */
  closeAllHere(): void;
  /** closes the device sockets whose clients have to show a valid token anew */
  closeUnknownHere(): void;
  /** sockets have closed */
  closed(): void;
}

/** Ends sessions: their sockets close, and none opens until their tokens have expired. */
export class SessionTermination {
  readonly #gate: SessionGate;
  readonly #jobs: Scheduler;
  readonly #sessions: Sessions;
  readonly #timing: Timing["sessionTermination"];

  constructor(
    sessionGate: SessionGate,
    jobs: Scheduler,
    sessions: Sessions,
    timing: Timing["sessionTermination"],
  ) {
    this.#gate = sessionGate;
    this.#jobs = jobs;
    this.#sessions = sessions;
    this.#timing = timing;
  }

  /**
   * Prepares the end of sessions that D1 may be about to commit. Unless `confirm` follows with the same
   * token, a job looks up in D1 which sessions have ended.
   */
  prepare(token: string): void {
    this.#jobs.schedule("session_lookup", token, Date.now() + this.#timing.lookupMs);
  }

  /** Cancels the lookup of a prepared end. */
  confirm(token: string): void {
    this.#jobs.cancel("session_lookup", token);
  }

  /** Ends these sessions. Tries once to close their room sockets; jobs go on with the others. Idempotent. */
  async end(sessions: EndedSession[], calls: CallBudget): Promise<void> {
    for (const { sessionId, expiresAt } of sessions) {
      this.#gate.end(sessionId, expiresAt);
      this.#sessions.closeHere(sessionId);
      this.#jobs.schedule("expired_sessions", "", expiresAt);
    }
    const ended = new Set(sessions.map(({ sessionId }) => sessionId));
    await this.#close(
      this.#gate.sessions().filter((id) => ended.has(id)),
      calls,
    );
  }

  /** The `session_lookup` job: ends the sessions that D1 has ended. */
  async lookUp(calls: CallBudget): Promise<void> {
    await this.end(await this.#sessions.ended(), calls);
    this.#sessions.closeUnknownHere();
  }

  /**
   * The `kick` job of a session: closes its room sockets, as far as the calls suffice.
   * @returns whether none is left
   * @throws if a conversation could not be reached
   */
  async kick(sessionId: SessionId, calls: CallBudget): Promise<boolean> {
    // A session whose tokens have expired has no socket left to close.
    const isEnded = this.#sessions.isDeleted() || this.#gate.isEnded(sessionId);
    const isDone = !isEnded || (await this.#gate.kick(sessionId, calls));
    this.#sessions.closed();
    return isDone;
  }

  /** Closes the sockets of all sessions, whatever D1 has of them: the account is deleted. */
  async endAll(calls: CallBudget): Promise<void> {
    this.#sessions.closeAllHere();
    await this.#close(this.#gate.sessions(), calls);
  }

  async #close(open: SessionId[], calls: CallBudget): Promise<void> {
    // The jobs are stored before the first try, so that a crash in between leaves no socket open.
    for (const id of open) this.#jobs.schedule("kick", id, Date.now() + this.#timing.retryMs);
    const kicks = open.map((id) =>
      this.kick(id, calls).then(
        (isDone) => {
          if (isDone) this.#jobs.cancel("kick", id);
        },
        () => undefined,
      ),
    );
    await Promise.all(kicks);
  }
}
