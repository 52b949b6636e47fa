import {
  type Conversation,
  composeConversation,
  recordForViewer,
} from "../../domain/conversations/conversation.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { whenLoaded } from "../../object/calls/not-loaded.ts";
import type { RoomContext } from "../room/context.ts";

type UpdateSource = Pick<
  RoomContext,
  "state" | "log" | "members" | "viewers" | "snapshots" | "flushSends" | "propagate"
>;

/** The room sockets and the devices of users. */
interface UpdateSink {
  /** whether a user has any */
  reaches(userId: UserId): boolean;
  /** all who look see the conversation otherwise. @see SocketSink.refresh */
  refresh(): UserId[];
  tell(userId: UserId, describe: () => Conversation | null): void;
}

/** Updates made in one turn. Each is made for one member, with the last message as that member sees it. */
const BATCH = 100;

/**
 * Sends conversation updates to members with room sockets or devices: the profile, the member's role, their
 * own flags. An update follows its change in a later turn, since part of it is read from D1. An update
 * shows the conversation at the time of sending, so several changes may share one: what D1 does not have is
 * described as it leaves. A failed update is not repeated.
 */
export class ConversationUpdates {
  readonly #room: UpdateSource;
  readonly #directory: Pick<ConversationDirectory, "listed">;
  readonly #timing: Timing["announcements"];
  readonly #sink: UpdateSink;
  readonly #pending = new Set<UserId>();
  #isRunning = false;

  constructor(
    room: UpdateSource,
    directory: Pick<ConversationDirectory, "listed">,
    timing: Timing["announcements"],
    sink: UpdateSink,
  ) {
    this.#room = room;
    this.#directory = directory;
    this.#timing = timing;
    this.#sink = sink;
  }

  /**
   * Queues an update for each of these users, by default all members and viewers, of a crowd those who look.
   * Several calls share one update.
   */
  send(userIds?: readonly UserId[]): void {
    const { members, viewers } = this.#room;
    if (!userIds && (members.isCrowd || viewers.areThere))
      for (const id of this.#sink.refresh()) this.#pending.add(id);
    if (userIds || !members.isCrowd)
      for (const id of userIds ?? members.ids()) if (this.#sink.reaches(id)) this.#pending.add(id);
    if (this.#isRunning || this.#pending.size === 0) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#pending.size > 0) {
      const userIds = [...this.#pending].slice(0, BATCH);
      for (const id of userIds) this.#pending.delete(id);
      try {
        await this.#tell(userIds);
      } catch (error) {
        log("warn", "conversation_update_failed", {
          conversation: this.#room.state.id,
          ...errorFields(error),
        });
      }
    }
    // In the same turn as the last check of the queue: a later `send` starts a new run.
    this.#isRunning = false;
  }

  async #tell(userIds: UserId[]): Promise<void> {
    for (const [userId, describe] of await this.describe(userIds)) {
      // The last message, or what it quotes, may be in an archive.
      if (this.#room.log.archives.upTo > 0) await whenLoaded(describe);
      this.#sink.tell(userId, describe);
    }
  }

  /** The conversation for each of these users who is a member, or looks; null: it is over by then. */
  async describe(userIds: readonly UserId[]): Promise<Map<UserId, () => Conversation | null>> {
    const { members, viewers, snapshots } = this.#room;
    const { id, profile } = this.#room.state;
    // Of viewers D1 has nothing: they are shown what the owner is that all share.
    const { ownerId } = profile;
    const asked = viewers.areThere && ownerId !== null ? [...userIds, ownerId] : [...userIds];
    // D1 may not have the rows of new members yet.
    await this.#room.propagate([]);
    const listed = await withDeadline(this.#directory.listed(id, asked), this.#timing.lookupTimeoutMs);
    this.#room.flushSends();
    const described = new Map<UserId, () => Conversation | null>();
    const ofOwner = ownerId === null ? undefined : listed.get(ownerId);
    for (const userId of userIds) {
      const isViewer = !members.isActive(userId);
      const found = isViewer ? ofOwner && recordForViewer(ofOwner) : listed.get(userId);
      const readerOf = () => (isViewer ? viewers.find(userId) : members.findActive(userId));
      if (!found || !readerOf()) continue;
      described.set(userId, () => {
        const reader = readerOf();
        if (!reader) return null;
        const { profile, own, readState, lastMessage } = snapshots.describe(reader, true);
        const shown = composeConversation(id, { ...found, profile, role: own.role }, readState, lastMessage);
        return isViewer ? { ...shown, isViewer: true } : shown;
      });
    }
    return described;
  }
}
