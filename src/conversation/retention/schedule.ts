import { Position } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { ConversationState } from "../state/conversation-state.ts";

const DAY_MS = 24 * 60 * 60_000;

/** The alarm job of retention. Times are in ms since 1970. */
interface RetentionJob {
  /** when it runs; null: it is not stored */
  due(): number | null;
  schedule(due: number): void;
}

/** What the schedule looks at, and what the deployment has set. */
interface ScheduleDeps {
  state: Pick<ConversationState, "profile" | "floor" | "emptiedSeq">;
  log: Pick<MessageLog, "last" | "headAt">;
  job: RetentionJob;
  /** days, of conversations without a value of their own; null: messages never expire */
  defaultDays: number | null;
  timing: Timing["retention"];
}

/**
 * When messages of the conversation expire next. Where none ever does, nothing is read or written. The time
 * follows from the oldest message, so that a message schedules at most the first job.
 */
export class RetentionSchedule {
  readonly #deps: ScheduleDeps;
  /** a job is stored that comes in time */
  #isArmed = false;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
  }

  /** How long messages are kept, in ms; null: for ever, or while a legal hold lasts. */
  get keptMs(): number | null {
    const { retentionDays, legalHold } = this.#deps.state.profile;
    const days = retentionDays ?? this.#deps.defaultDays ?? 0;
    return legalHold || days === 0 ? null : days * DAY_MS;
  }

  /** Whether a legal hold lasts. Expired messages that are not emptied yet keep their content meanwhile. */
  get isHeld(): boolean {
    return this.#deps.state.profile.legalHold;
  }

  /** Call it after a change, in the turn of the write: the job is then part of the same commit. */
  changed(): void {
    if (!this.#isArmed) this.resume();
  }

  /** At start-up, and after a change of what is kept. A job that has run within a day keeps its time. */
  resume(): void {
    const due = this.#due();
    this.#isArmed = due !== null;
    if (due === null) return;
    const known = this.#deps.job.due();
    if (known === null || known - due > this.#deps.timing.everyMs) this.#deps.job.schedule(due);
  }

  /**
   * When the job runs again after a run (ms since 1970): at once while messages are left to empty, else
   * once a day at most. null: no message is left that could expire; the next one schedules the job.
   */
  next(): number | null {
    const { state, timing } = this.#deps;
    const due = this.#due();
    this.#isArmed = due !== null;
    if (due === null) return null;
    const pause = state.emptiedSeq < state.floor.seq ? timing.pauseMs : timing.everyMs;
    return Math.max(due, Date.now() + pause);
  }

  #due(): number | null {
    const { state, log } = this.#deps;
    const { floor, emptiedSeq } = state;
    if (this.isHeld) return null;
    if (emptiedSeq < floor.seq) return Date.now();
    const { keptMs } = this;
    if (keptMs === null || log.last.seq <= floor.seq) return null;
    return log.headAt(Position.parse(floor.seq + 1)).at + keptMs;
  }
}
