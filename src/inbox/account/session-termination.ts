import type { SessionId } from "../../domain/ids.ts";
import type { EndedSession } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import type { SessionGate } from "./session-gate.ts";

/** What is done later for it. */
interface Scheduler {
  schedule(kind: "kick" | "sweep" | "endings", key: string, due: number): void;
  cancel(kind: "kick" | "endings", key: string): void;
}

/** The sockets which sessions have. */
interface Sockets {
  /** closes those of a session that are held here */
  closeHere(sessionId: SessionId): void;
  closeAllHere(): void;
  /** closes those in conversations, and rejects where that failed somewhere */
  kick(sessionId: SessionId): Promise<unknown>;
}

/** Ends sessions at the gate: their sockets close, and no new one opens until their tokens are void. */
export class SessionTermination {
  readonly #gate: SessionGate;
  readonly #jobs: Scheduler;
  readonly #sockets: Sockets;
  readonly #timing: Timing["sessionEnd"];

  constructor(sessionGate: SessionGate, jobs: Scheduler, sockets: Sockets, timing: Timing["sessionEnd"]) {
    this.#gate = sessionGate;
    this.#jobs = jobs;
    this.#sockets = sockets;
    this.#timing = timing;
  }

  /** D1 may be about to end some: if nobody comes back to tell which, a job looks there. */
  prepare(token: string): void {
    this.#jobs.schedule("endings", token, Date.now() + this.#timing.lookupMs);
  }

  /** Nothing is left to be looked up of what was announced. */
  confirm(token: string): void {
    this.#jobs.cancel("endings", token);
  }

  /** One try for each; a job goes on with what could not be reached. */
  async end(sessions: EndedSession[]): Promise<void> {
    for (const { sessionId, expiresAt } of sessions) {
      this.#gate.end(sessionId, expiresAt);
      this.#sockets.closeHere(sessionId);
      this.#jobs.schedule("sweep", "", expiresAt);
    }
    const ended = new Set(sessions.map(({ sessionId }) => sessionId));
    await this.#close(this.#gate.sessions().filter((id) => ended.has(id)));
  }

  /** The same for every session that has sockets, whatever D1 says of it: the user is gone. */
  async endAll(): Promise<void> {
    this.#sockets.closeAllHere();
    await this.#close(this.#gate.sessions());
  }

  async #close(open: SessionId[]): Promise<void> {
    // The jobs stand before the first try: a crash in between does not leave a socket open.
    for (const id of open) this.#jobs.schedule("kick", id, Date.now() + this.#timing.retryMs);
    const kicks = open.map((id) =>
      this.#sockets.kick(id).then(
        () => this.#jobs.cancel("kick", id),
        () => undefined,
      ),
    );
    await Promise.all(kicks);
  }
}
