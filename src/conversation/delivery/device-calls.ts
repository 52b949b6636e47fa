import type { Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft, Receipt } from "../../domain/messages/message.ts";
import type {
  DeviceSendRequest,
  DeviceSendResult,
  ReplayRequest,
  SubscribeRequest,
} from "../../domain/ports.ts";
import type { InboxUpdate, RepairSnapshot } from "../../domain/sync/inbox-update.ts";
import type { ReplayPage } from "../../domain/sync/replay.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import type { RoomContext } from "../state/context.ts";
import { replayPage } from "../views/replay-page.ts";
import type { Fanout } from "./fanout.ts";
import type { RoomFanoutSource } from "./fanout-source.ts";

/** What members' devices ask of the conversation, by way of their inboxes. */
export class DeviceCalls {
  readonly #room: RoomContext;
  readonly #membership: RoomFanoutSource;
  readonly #fanout: Fanout;

  constructor(room: RoomContext, membership: RoomFanoutSource, fanout: Fanout) {
    this.#room = room;
    this.#membership = membership;
    this.#fanout = fanout;
  }

  /**
   * What a member's inbox should know now. Whatever comes is told to it without delay from now on, in a large
   * group too. @param listens a device is there, or about to be @throws `not_found` for who was never in it
   */
  subscribe({ userId, hasDevices: listens = true }: SubscribeRequest): InboxUpdate {
    const update = this.#room.snapshot(userId);
    if (this.#room.members.isActive(userId)) this.#fanout.subscribe(userId, listens);
    return update;
  }

  /** What a member's inbox should know, and whether it has said that it does. @see Conversations.truth */
  snapshotForRepair({ userId, hasDevices }: { userId: UserId; hasDevices: boolean }): RepairSnapshot {
    const update = hasDevices ? this.subscribe({ userId }) : this.#room.snapshot(userId);
    return { update, isDelivered: this.#fanout.isDelivered(userId) };
  }

  /** What a member's devices miss behind a place. @throws `not_found` unless he is in it, or was where that is asked */
  replay({ userId, after, rev, includeFormer = false }: ReplayRequest): ReplayPage {
    this.#room.flushSends();
    const { members } = this.#room;
    const member = includeFormer ? members.known(userId) : members.active(userId);
    this.#noteDevices(userId);
    return replayPage(this.#room, member, after, rev);
  }

  /** Stores what a device sends, in order; and gives what the user's inbox and devices are to be told by then. */
  async sends({
    userId,
    drafts,
    delivered: told,
    echoDuplicates: shown = false,
  }: DeviceSendRequest): Promise<DeviceSendResult> {
    this.#noteDevices(userId);
    const line = {};
    const outcomes = await Promise.all(drafts.map((draft) => this.#send(userId, draft, line, shown)));
    return {
      outcomes,
      update: this.#room.members.find(userId) ? this.#membership.update(userId, told) : null,
    };
  }

  /** A device of a member has asked for something: should its hello have been lost, it is as if it came now. */
  #noteDevices(userId: UserId): void {
    if (!this.#room.members.isActive(userId) || this.#membership.hasDevices(userId)) return;
    this.#fanout.subscribe(userId, true);
  }

  async #send(userId: UserId, draft: AnyDraft, line: object, shown: boolean): Promise<Result<Receipt>> {
    const { result } = await new Promise<SendOutcome<SendOrigin>>((resolve) =>
      this.#room.submit(userId, [draft], { resolve: resolve, orderKey: line }),
    );
    if (!result.ok) return result;
    const { row, replay } = result.value;
    const { seq, created_at: createdAt } = row;
    const sender = shown && replay ? this.#room.members.find(userId) : undefined;
    const [message] = sender ? this.#room.renderer.render([row], sender) : [];
    return { ok: true, value: { seq, createdAt, ...(message && { message }) } };
  }
}
