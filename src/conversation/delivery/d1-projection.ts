import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/** How many members go to D1 at once. */
const BATCH = 500;

/**
 * Tells D1 who is in the conversation, or known there, and what it is called. What it has not taken yet is told by
 * comparing versions, so a try that is lost or doubled does no harm; there is at most one under way.
 */
export class Projection {
  readonly #state: ConversationState;
  readonly #members: Members;
  readonly #knownUsers: KnownUsers;
  readonly #directory: Pick<ConversationDirectory, "project">;
  readonly #timing: Timing["projection"];
  readonly #schedule: (due: number) => void;
  readonly #removeDeleted: (userIds: UserId[]) => void;
  #running: Promise<void> | undefined;

  /**
   * @param schedule sees to it that the alarm calls `run`, in the same commit as the change
   * @param gone told of members, and of others who are known, whose account was deleted
   */
  constructor(
    state: ConversationState,
    members: Members,
    knownUsers: KnownUsers,
    directory: Pick<ConversationDirectory, "project">,
    timing: Timing["projection"],
    schedule: (due: number) => void,
    gone: (userIds: UserId[]) => void,
  ) {
    this.#state = state;
    this.#members = members;
    this.#knownUsers = knownUsers;
    this.#directory = directory;
    this.#timing = timing;
    this.#schedule = schedule;
    this.#removeDeleted = gone;
  }

  /** Something changed: call it in the same turn as the write. */
  changed(): void {
    if (this.#isBehind()) this.#schedule(Date.now() + this.#timing.retryMs);
  }

  /** One try, so that whoever changed something finds it in D1; what fails is the alarm's. */
  async tryNow(): Promise<void> {
    if (!this.#isBehind()) return;
    await withDeadline(this.run(), this.#timing.timeoutMs).catch((error: unknown) =>
      log("warn", "projection_failed", { conversation: this.#state.id, ...errorFields(error) }),
    );
  }

  /** Tells D1 all that it does not know. @throws as D1 does */
  async run(): Promise<void> {
    while (this.#isBehind()) {
      this.#running ??= this.#projectSome().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    }
  }

  async #projectSome(): Promise<void> {
    const { profile, dissolvedAt } = this.#state;
    const unprojected = profile.version > this.#state.projected;
    const members = this.#unprojected()
      .slice(0, BATCH)
      .map(({ user_id, role, state, joined_at, version: at }) => ({
        userId: user_id,
        role,
        state,
        joinedAt: joined_at,
        version: at,
      }));
    const knownUsers = this.#knownUsers.unprojected.slice(0, BATCH);
    const gone = await this.#directory.project(this.#state.id, {
      ...(unprojected && { conversation: { profile, dissolvedAt } }),
      members,
      knownUsers,
    });
    if (unprojected) this.#state.setProjected(profile.version);
    if (members.length > 0) this.#members.projected(members);
    if (knownUsers.length > 0) this.#knownUsers.projected(knownUsers);
    if (gone.length > 0) this.#removeDeleted(gone);
  }

  #isBehind(): boolean {
    const { profile, projected } = this.#state;
    return profile.version > projected || this.#knownUsers.hasUnprojected || this.#unprojected().length > 0;
  }

  #unprojected() {
    return [...this.#members.all()].filter((member) => member.version > member.projected);
  }
}
