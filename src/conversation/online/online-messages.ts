import { CoreError, excess, invalid } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { makerIn } from "../../domain/messages/draft.ts";
import type { Draft } from "../../domain/messages/message.ts";
import type { OnlineMessage } from "../../domain/sync/online-message.ts";
import { bytesOf } from "../../domain/text.ts";
import type { Timing } from "../../domain/timing.ts";
import type { RoomContext } from "../room/context.ts";
import type { Publisher } from "../room/publisher.ts";
import type { SendingGate } from "../sending/sending-gate.ts";
import { checkDraftPermission } from "../sending/write-permission.ts";

/** What a member shows the others who are online. */
export interface OnlineDraft extends Pick<Draft, "kind" | "body" | "customData"> {
  clientMsgId: string;
}

/** How many of one member may follow at once, before the pause between two counts. */
const BURST = 5;

/** What the messages need besides the room. */
interface OnlineMessagesDeps {
  publisher: Pick<Publisher, "tellDevices">;
  gate: Pick<SendingGate, "checkPassing">;
  /** waits while a change of the direct permission is under way */
  permission: () => Promise<void>;
  timing: Timing["typing"];
}

/**
 * Shows messages of members to the devices of others that are connected, as typing is shown: nothing is
 * stored, and what is not delivered within seconds is dropped.
 */
export class OnlineMessages {
  readonly #room: RoomContext;
  readonly #deps: OnlineMessagesDeps;
  /** the times of each member's last ones (ms since 1970) */
  readonly #shown = new Map<UserId, number[]>();

  constructor(room: RoomContext, deps: OnlineMessagesDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * Shows a message, with the checks of a send.
   * @throws `not_found` unless the user is a member; `muted`, `blocked`, `forbidden`, `refused` and
   *   `unavailable` as a send; `validation_failed` for a large one; `rate_limited` for too many
   */
  async show(userId: UserId, { clientMsgId, kind, body, customData }: OnlineDraft): Promise<OnlineMessage> {
    this.#admit(userId, { kind, body, thread: undefined });
    const { username } = this.#room.profiles.get(userId);
    if (makerIn(clientMsgId) !== username) throw invalid("ID", `must be ${username}-<number>-<number>`);
    if (bytesOf(body) + bytesOf(customData ?? "") > LIMITS.onlineMessageBytes)
      throw excess("payload", LIMITS.onlineMessageBytes);
    this.#count(userId);
    await this.#deps.permission();
    const { gate, publisher } = this.#deps;
    const { state, members, profiles } = this.#room;
    const made = { conversationId: state.id, clientMsgId, kind, customData, createdAt: Date.now() };
    const { kind: conversationKind, handle, spaceId } = state.profile;
    const sent = { conversationId: state.id, senderId: userId, kind, body, clientMsgId };
    const { body: said, shadowed: isShadowed } = await gate.checkPassing(sent);
    // The sender may have been muted, or have left, meanwhile.
    this.#admit(userId, { kind, body, thread: undefined });
    const nameCard = members.active(userId).name_card || undefined;
    const at = { conversationKind, handle: handle ?? null, spaceId };
    const place = { ...at, sender: profiles.get(userId), nameCard };
    const message = { ...made, ...place, body: said };
    const event = { type: "online_message", message } as const;
    if (!isShadowed) publisher.tellDevices({ event, to: { around: userId, self: "nowhere" } });
    return message;
  }

  #admit(userId: UserId, draft: Pick<Draft, "kind" | "body" | "thread">): void {
    const { members } = this.#room;
    const refusal = checkDraftPermission(this.#room, members.active(userId), draft);
    if (refusal) throw refusal;
  }

  /** @throws `rate_limited` for one more than a second may have */
  #count(userId: UserId): void {
    const now = Date.now();
    const { intervalMs } = this.#deps.timing;
    const recent = (this.#shown.get(userId) ?? []).filter((at) => now - at < intervalMs);
    if (recent.length >= BURST)
      throw new CoreError("rate_limited", "Too many of these messages at once. Try again in a second.", {
        retryAfter: 1,
      });
    // Members who have been quiet since are forgotten.
    for (const [id, times] of this.#shown)
      if (times.every((at) => now - at >= intervalMs)) this.#shown.delete(id);
    this.#shown.set(userId, [...recent, now]);
  }
}
