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

/** Closes the sockets of sessions. */
interface Sockets {
  /** closes the device sockets of a session */
  closeHere(sessionId: SessionId): void;
  /** closes all device sockets */
  closeAllHere(): void;
  /**
   * closes the room sockets of a session, as far as the calls suffice; rejects if a conversation could not be
   * reached
   * @returns whether none is left
   */
  kick(sessionId: SessionId, calls: CallBudget): Promise<boolean>;
}

/** Ends sessions: their sockets close, and none opens until their tokens have expired. */
export class SessionTermination {
  readonly #gate: SessionGate;
  readonly #jobs: Scheduler;
  readonly #sockets: Sockets;
  readonly #timing: Timing["sessionTermination"];

  constructor(
    sessionGate: SessionGate,
    jobs: Scheduler,
    sockets: Sockets,
    timing: Timing["sessionTermination"],
  ) {
    this.#gate = sessionGate;
    this.#jobs = jobs;
    this.#sockets = sockets;
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
      this.#sockets.closeHere(sessionId);
      this.#jobs.schedule("expired_sessions", "", expiresAt);
    }
    const ended = new Set(sessions.map(({ sessionId }) => sessionId));
    await this.#close(
      this.#gate.sessions().filter((id) => ended.has(id)),
      calls,
    );
  }

  /** Closes the sockets of all sessions, whatever D1 has of them: the account is deleted. */
  async endAll(calls: CallBudget): Promise<void> {
    this.#sockets.closeAllHere();
    await this.#close(this.#gate.sessions(), calls);
  }

  async #close(open: SessionId[], calls: CallBudget): Promise<void> {
    // The jobs are stored before the first try, so that a crash in between leaves no socket open.
    for (const id of open) this.#jobs.schedule("kick", id, Date.now() + this.#timing.retryMs);
    const kicks = open.map((id) =>
      this.#sockets.kick(id, calls).then(
        (isDone) => {
          if (isDone) this.#jobs.cancel("kick", id);
        },
        () => undefined,
      ),
    );
    await Promise.all(kicks);
  }
}
