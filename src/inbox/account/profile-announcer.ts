import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { type CallBudget, forEachConcurrent } from "../../object/concurrency.ts";
import type { ProfileFrames } from "./profile-frames.ts";

/** The conversations that an answer waits for: those with the newest activity. */
const MAX_RECENT = 50;
/** Conversations that are called at once. */
const MAX_CONCURRENT = 16;
const MINUTE_MS = 60_000;

/** The alarm job of a round. */
interface Scheduler {
  schedule(kind: "profile", key: string, due: number): void;
}

/** What the announcer needs from the inbox. */
interface ProfileAnnouncerDeps {
  directory: Pick<UserDirectory, "profile" | "memberships">;
  conversations: Pick<Conversations, "takeProfile">;
  frames: ProfileFrames;
  timing: Pick<Timing, "profileAnnouncement">;
  userId(): UserId;
  /** the conversations with the newest activity */
  recent(limit: number): ConversationId[];
}

/**
 * Announces a new name or avatar of the user to the conversations that have a copy of it, and to the user's
 * own devices. The conversations with the newest activity learn it before the change is answered. A round,
 * by a job, calls every conversation that the user is or was in, with the profile that D1 then has: changes
 * in quick succession share a round. A conversation that cannot be reached finds the change by itself.
 */
export class ProfileAnnouncer {
  readonly #jobs: Scheduler;
  readonly #deps: ProfileAnnouncerDeps;
  /** the version that a conversation has taken, of those that were called for an answer */
  readonly #taken = new Map<ConversationId, number>();
  /** when answers waited for conversations: the last ones (ms) */
  readonly #answersAt: number[] = [];
  /** the last round: its begin (ms), and the conversations that it has called */
  #round = { at: Number.NEGATIVE_INFINITY, calls: 0 };

  constructor(jobs: Scheduler, deps: ProfileAnnouncerDeps) {
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * D1 has a new profile. Resolves once the conversations with the newest activity show it, or after
   * `answerTimeoutMs`. Never rejects.
   */
  async changed(profile: VersionedPerson, calls: CallBudget): Promise<void> {
    const { frames, recent, timing } = this.#deps;
    const { version, ...user } = profile;
    this.#jobs.schedule("profile", "0", this.#nextRoundAt());
    frames.send({ type: "profile", user, version });
    if (!this.#mayWait()) return;
    const ids = recent(calls.take(MAX_RECENT));
    this.#taken.clear();
    const announced = this.#announce(ids, profile, (id) => this.#taken.set(id, version));
    await withDeadline(announced, timing.profileAnnouncement.answerTimeoutMs).catch(() => undefined);
  }

  /**
   * The `profile` job: a part of a round, as large as the calls suffice for. A job goes on from there.
   * @param after the id of the last conversation of the part before; 0: a round begins
   * @throws `unavailable` if D1 does not answer
   */
  async announceAfter(after: number, calls: CallBudget): Promise<null> {
    const { directory, userId } = this.#deps;
    const limit = calls.take(calls.left);
    if (after === 0) this.#round = { at: Date.now(), calls: 0 };
    const memberships = await directory.memberships(userId(), after, limit);
    // Read after a job was scheduled for the change, so that it has the change.
    const profile = memberships.length > 0 ? await directory.profile(userId()) : null;
    if (!profile) return null;
    const ids = memberships.map(({ conversationId }) => conversationId);
    this.#round.calls += ids.length;
    await this.#announce(
      ids.filter((id) => (this.#taken.get(id) ?? -1) < profile.version),
      profile,
    );
    const last = ids.at(-1);
    if (ids.length === limit && last !== undefined) this.#jobs.schedule("profile", String(last), Date.now());
    return null;
  }

  /** Calls conversations, each once. Never rejects. */
  async #announce(
    ids: ConversationId[],
    profile: VersionedPerson,
    onTaken?: (id: ConversationId) => void,
  ): Promise<void> {
    const { conversations, timing } = this.#deps;
    let failed = 0;
    await forEachConcurrent(MAX_CONCURRENT, ids, async (id) => {
      try {
        const call = conversations.takeProfile(id, { profile });
        await withDeadline(call, timing.profileAnnouncement.callTimeoutMs);
        onTaken?.(id);
      } catch {
        failed++;
      }
    });
    if (failed > 0) log("warn", "profile_not_announced", { user: profile.id, conversations: failed });
  }

  /** When the next round may begin: a loop of changes costs each conversation a call in some seconds. */
  #nextRoundAt(): number {
    const { roundDelayMs, intervalMs, intervalPerCallMs } = this.#deps.timing.profileAnnouncement;
    const { at, calls } = this.#round;
    return Math.max(Date.now() + roundDelayMs, at + Math.max(intervalMs, calls * intervalPerCallMs));
  }

  /** Counts an answer that waits for conversations. @returns whether it is not one too many in a minute */
  #mayWait(): boolean {
    const now = Date.now();
    const { answersPerMinute } = this.#deps.timing.profileAnnouncement;
    while ((this.#answersAt[0] ?? now) < now - MINUTE_MS) this.#answersAt.shift();
    if (this.#answersAt.length >= answersPerMinute) return false;
    this.#answersAt.push(now);
    return true;
  }
}
