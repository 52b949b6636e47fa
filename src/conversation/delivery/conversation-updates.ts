import { type Conversation, composeConversation } from "../../domain/conversations/conversation.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import type { RoomContext } from "../state/context.ts";

type Audience = Pick<RoomContext, "state" | "members" | "snapshots" | "flushSends" | "propagate">;

/** How many are told in one turn: what each gets is his own, with the last message in it. */
const BATCH = 100;

/**
 * Tells members with a socket what the conversation is like for each now: its profile, his role and his
 * own flags. It goes behind the change, as D1 has a part of it; one that is late tells the newest.
 */
export class ConversationUpdates {
  readonly #room: Audience;
  readonly #directory: Pick<ConversationDirectory, "listed">;
  readonly #timing: Timing["announcements"];
  readonly #propagate: (userId: UserId, conversation: Conversation) => void;
  readonly #waiting = new Set<UserId>();
  #isRunning = false;

  /** @param tell hands it to the sockets of a user */
  constructor(
    room: Audience,
    directory: Pick<ConversationDirectory, "listed">,
    timing: Timing["announcements"],
    tell: (userId: UserId, conversation: Conversation) => void,
  ) {
    this.#room = room;
    this.#directory = directory;
    this.#timing = timing;
    this.#propagate = tell;
  }

  /** Has these users told; who is waiting already is told once. */
  pushTo(userIds: Iterable<UserId>): void {
    for (const id of userIds) this.#waiting.add(id);
    if (this.#isRunning || this.#waiting.size === 0) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const userIds = [...this.#waiting].slice(0, BATCH);
      for (const id of userIds) this.#waiting.delete(id);
      try {
        await this.#push(userIds);
      } catch (error) {
        log("warn", "conversation_not_announced", {
          conversation: this.#room.state.id,
          ...errorFields(error),
        });
      }
    }
    // In the turn that found nobody waiting: whoever comes later begins anew.
    this.#isRunning = false;
  }

  async #push(userIds: UserId[]): Promise<void> {
    const { id } = this.#room.state;
    // Of who has just come D1 has nothing yet.
    await this.#room.propagate([]);
    const listed = await withDeadline(this.#directory.listed(id, userIds), this.#timing.lookupTimeoutMs);
    this.#room.flushSends();
    for (const userId of userIds) {
      const found = listed.get(userId);
      if (!found || !this.#room.members.isActive(userId)) continue;
      const { profile, own, readState, lastMessage } = this.#room.snapshots.describe(userId, true);
      this.#propagate(
        userId,
        composeConversation(id, { ...found, profile, role: own.role }, readState, lastMessage),
      );
    }
  }
}
