import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import { GroupEvent } from "../../domain/messages/content.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { Timing } from "../../domain/timing.ts";
import type { Members } from "../members/members.ts";
import type { StoredChange } from "../state/change.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { RoomObserver } from "../state/observer.ts";
import type { MemberSnapshots } from "../views/member-snapshots.ts";
import type { EphemeralEvents } from "./ephemeral-events.ts";

/**
 * Queues ephemeral events for members' devices: read positions, typing, new profiles, changes of the group.
 * Messages, revokes and hides are not among them: the page of an inbox update has those. Events may be lost,
 * and a client that reconnects requests the state that it shows.
 */
export class EphemeralPublisher implements RoomObserver {
  readonly #state: ConversationState;
  readonly #members: Members;
  readonly #snapshots: Pick<MemberSnapshots, "unreadInThreads">;
  readonly #events: EphemeralEvents;
  readonly #timing: Timing["largeGroup"];
  readonly #mayReceive: (userId: UserId) => boolean;

  /** @param mayReceive whether a member may have devices connected */
  constructor(
    state: ConversationState,
    members: Members,
    snapshots: Pick<MemberSnapshots, "unreadInThreads">,
    events: EphemeralEvents,
    timing: Timing["largeGroup"],
    mayReceive: (userId: UserId) => boolean,
  ) {
    this.#state = state;
    this.#members = members;
    this.#snapshots = snapshots;
    this.#events = events;
    this.#timing = timing;
    this.#mayReceive = mayReceive;
  }

  sent(): void {}

  messagesChanged(): void {}

  /** Devices are the fan-out's. */
  tellsWhole(): boolean {
    return false;
  }

  /** Tells counts alone: the page of an inbox update has the revoke. */
  revoked(...[{ thread_root }, , , { users, threads }]: Parameters<RoomObserver["revoked"]>): void {
    for (const id of users) if (this.isInterestedIn(id)) this.unreadChanged(id);
    if (thread_root === null) return;
    for (const [id, thread] of threads)
      if (this.isInterestedIn(id)) this.threadRead(id, thread_root, () => thread);
  }

  hidden(): void {}

  deletedFor(userId: UserId, upTo: Position): void {
    this.#events.add([userId], "deleted", { type: "deleted", conversationId: this.#state.id, seq: upTo });
  }

  read(userId: UserId, seq: Position): void {
    const event = { type: "read", conversationId: this.#state.id, userId, seq } as const;
    // Across a block the position is for the reader's own devices.
    const others = this.#isLarge || this.#state.isBlocked ? [] : this.#receivers();
    this.#events.add(new Set([userId, ...others]), `read ${userId}`, event);
  }

  unreadChanged(userId: UserId): void {
    const { read_seq: seq } = this.#members.active(userId);
    const event = { type: "read", conversationId: this.#state.id, userId, seq } as const;
    this.#events.add([userId], `read ${userId}`, event);
  }

  threadRead(userId: UserId, root: Seq, describe: () => ThreadState): void {
    this.#events.add([userId], `thread ${root}`, () => {
      if (!this.#members.isActive(userId)) return null;
      const unread = this.#snapshots.unreadInThreads(this.#members.active(userId));
      return { type: "thread_read", conversationId: this.#state.id, root, thread: describe(), unread };
    });
  }

  typing(userId: UserId): void {
    if (this.#isLarge) return;
    const others = this.#receivers().filter((id) => id !== userId);
    const event = { type: "typing", conversationId: this.#state.id, userId } as const;
    this.#events.add(others, `typing ${userId}`, event);
  }

  changed({ change }: StoredChange): void {
    const conversationId = this.#state.id;
    // Members who leave by this change get its events, and none after it.
    const leaving = new Set(change.kick?.userIds);
    const audience = [...this.#members.unsettled()].filter(
      ({ state, user_id: id }) => state === "active" || leaving.has(id),
    );
    const receivers = audience.map(({ user_id }) => user_id).filter((id) => this.#mayReceive(id));
    const { event, user_ids: userIds = [] } = change.systemMessage ?? {};
    const groupEvent = GroupEvent.safeParse(event).data;
    if (groupEvent)
      this.#addUnique(receivers, { type: "member", conversationId, event: groupEvent, userIds });
    if (change.memberEvent) {
      const { event, userIds, to } = change.memberEvent;
      const shown = { type: "member", conversationId, event, userIds } as const;
      if (to) {
        this.#addUnique(
          to.filter((id) => this.#mayReceive(id)),
          shown,
        );
      } else if (!this.#isLarge) this.#events.add(receivers, `${event} ${userIds}`, shown);
    }
    if (change.dissolvedAt !== undefined) {
      this.#addUnique(receivers, { type: "member", conversationId, event: "dissolved", userIds: [] });
    }
  }

  profileChanged({ version, ...user }: VersionedPerson): void {
    if (this.#isLarge || this.#state.isBlocked) return;
    // The inbox of the user informs their own devices.
    const others = this.#receivers().filter((id) => id !== user.id);
    this.#events.add(others, `profile ${user.id}`, { type: "profile", user, version });
  }

  isInterestedIn(userId: UserId): boolean {
    return this.#members.isActive(userId) && this.#mayReceive(userId);
  }

  conversationUpdated(userId: UserId, describe: () => Conversation): void {
    if (!this.#mayReceive(userId)) return;
    this.#events.add([userId], "conversation", () =>
      this.#members.isActive(userId) ? { type: "conversation", conversation: describe() } : null,
    );
  }

  /** Queues an event that no later event replaces. */
  #addUnique(userIds: UserId[], event: Parameters<EphemeralEvents["add"]>[2]): void {
    this.#events.add(userIds, `event ${this.#events.last + 1}`, event);
  }

  /** In a large group read positions, typing, profiles and name cards of others go to room sockets only. */
  get #isLarge(): boolean {
    return this.#members.activeCount > this.#timing.aboveMembers;
  }

  #receivers(): UserId[] {
    return this.#members.ids().filter((id) => this.isInterestedIn(id));
  }
}
