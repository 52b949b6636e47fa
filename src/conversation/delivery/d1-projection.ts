import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory, DeletedUser } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { JoinRequests } from "../members/join-requests.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/** How many members, known users, and users with changed join requests one call writes to D1. */
const BATCH = 500;

/** The alarm job of the projection. Times are in ms since 1970. */
interface ProjectionJob {
  schedule(due: number): void;
  isScheduled(): boolean;
}

/**
 * Writes the members, the known users, the open join requests and the profile of the conversation to D1,
 * whether it is answered, and whether a message request has its first message.
 * Versions show which rows D1 lacks, so there is no queue to lose: a lost or repeated write does no harm.
 * At most one write is under way.
 */
export class Projection {
  readonly #state: ConversationState;
  readonly #members: Members;
  readonly #knownUsers: KnownUsers;
  readonly #joinRequests: JoinRequests;
  readonly #directory: Pick<ConversationDirectory, "project">;
  readonly #timing: Timing["projection"];
  readonly #job: ProjectionJob;
  readonly #removeDeleted: (users: DeletedUser[]) => void;
  readonly #onAsked: (userId: UserId) => void;
  #running: Promise<void> | undefined;

  /**
   * @param job has the alarm call `runOnce`; commits together with the change
   * @param removeDeleted is called with the members and known users whose accounts D1 reports as deleted
   * @param onAsked is called once D1 knows that a message request has a message
   */
  constructor(
    state: ConversationState,
    members: Members,
    knownUsers: KnownUsers,
    joinRequests: JoinRequests,
    directory: Pick<ConversationDirectory, "project">,
    timing: Timing["projection"],
    job: ProjectionJob,
    removeDeleted: (users: DeletedUser[]) => void,
    onAsked: (userId: UserId) => void,
  ) {
    this.#state = state;
    this.#members = members;
    this.#knownUsers = knownUsers;
    this.#joinRequests = joinRequests;
    this.#directory = directory;
    this.#timing = timing;
    this.#job = job;
    this.#removeDeleted = removeDeleted;
    this.#onAsked = onAsked;
  }

  /** Schedules a write if D1 is behind. Must run in the turn of the change: then both commit together. */
  changed(): void {
    if (this.#isBehind()) this.#job.schedule(Date.now() + this.#timing.retryMs);
  }

  /** At start-up: a job that is there already keeps its backoff. */
  resume(): void {
    if (!this.#job.isScheduled()) this.changed();
  }

  /** One awaited try, so that the caller of a change then reads it in D1. On failure the alarm retries. */
  async tryNow(): Promise<void> {
    if (!this.#isBehind()) return;
    await withDeadline(this.run(), this.#timing.timeoutMs).catch((error: unknown) =>
      log("warn", "projection_failed", { conversation: this.#state.id, ...errorFields(error) }),
    );
  }

  /** Writes to D1 until it has every version. @throws the errors of D1 */
  async run(): Promise<void> {
    while (this.#isBehind()) await this.#write();
  }

  /**
   * The `projection` job: makes one write, as join requests have no limit and the calls of an alarm have one.
   * @returns when to run again (ms since 1970); null: D1 has every version
   * @throws the errors of D1
   */
  async runOnce(): Promise<number | null> {
    if (this.#isBehind()) await this.#write();
    return this.#isBehind() ? Date.now() : null;
  }

  /** Makes a write, or joins the one that is under way. */
  #write(): Promise<void> {
    this.#running ??= this.#projectSome().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #projectSome(): Promise<void> {
    const { profile, dissolvedAt } = this.#state;
    const isProfileBehind = profile.version > this.#state.projected;
    const members = [...this.#members.unprojected()]
      .slice(0, BATCH)
      .map(({ user_id, role, state, joined_at, version }) => ({
        userId: user_id,
        role,
        state,
        joinedAt: joined_at,
        version,
      }));
    const knownUsers = this.#knownUsers.unprojected(BATCH);
    const requests = this.#joinRequests.unprojected(BATCH);
    const isAnswerBehind = this.#isAnswerBehind();
    const asked = this.#unasked();
    const deleted = await this.#directory.project(this.#state.id, {
      ...(isProfileBehind && { conversation: { profile, dissolvedAt } }),
      members,
      knownUsers,
      ...(isAnswerBehind && { answered: true }),
      ...(asked !== undefined && { asked }),
      ...(requests.length > 0 && { requests }),
    });
    if (isAnswerBehind) this.#state.setAnsweredProjected();
    if (isProfileBehind) this.#state.setProjected(profile.version);
    if (members.length > 0) this.#members.projected(members);
    if (knownUsers.length > 0) this.#knownUsers.projected(knownUsers);
    this.#joinRequests.projected(requests);
    if (asked !== undefined) {
      this.#members.asked(asked);
      this.#onAsked(asked);
    }
    if (deleted.length > 0) this.#removeDeleted(deleted);
  }

  #isBehind(): boolean {
    const { profile, projected } = this.#state;
    return (
      profile.version > projected ||
      this.#knownUsers.hasUnprojected ||
      this.#joinRequests.hasUnprojected ||
      this.#isAnswerBehind() ||
      this.#unasked() !== undefined ||
      this.#members.hasUnprojected
    );
  }

  #isAnswerBehind(): boolean {
    return this.#state.answered && !this.#state.answeredIsProjected;
  }

  /** The user of a message request that has a message, and of which D1 does not know that. */
  #unasked(): UserId | undefined {
    return this.#state.firstSender === null ? undefined : this.#members.unasked;
  }
}
