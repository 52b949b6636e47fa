import { newTapId, type Tap } from "../../domain/bots/tap.ts";
import { CoreError, noMessage } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import type { ConversationHooks } from "../hooks/hooks.ts";
import type { RoomContext } from "../room/context.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import { readButtons } from "./stored-buttons.ts";

/** What taps look at. */
type Room = Pick<RoomContext, "flushSends" | "log" | "members" | "rights" | "profiles" | "state">;

/** A tap, and who is to hear of it. */
interface TapForBot {
  botId: UserId;
  tap: Tap;
  /** nobody but the user sees what they do: the bot is not told */
  isShadowed: boolean;
}

/** Says which taps on buttons hold, and has hooks told of them. The bot's inbox keeps them. */
export class Taps {
  readonly #room: Room;
  readonly #hooks: Pick<ConversationHooks, "gate" | "tapped">;
  readonly #permission: () => Promise<void>;

  /** @param permission waits while a change of the direct permission is under way */
  constructor(
    room: Room,
    hooks: Pick<ConversationHooks, "gate" | "tapped">,
    permission: () => Promise<void>,
  ) {
    this.#room = room;
    this.#hooks = hooks;
    this.#permission = permission;
  }

  /**
   * The tap of a member on a button.
   * @throws `not_found` unless the member sees the message, and it has a button with this data; `forbidden`
   *   if its bot is here no longer, `blocked` or `forbidden` where the two may not write to each other,
   *   `unavailable` without D1
   */
  async tap({ userId, seq, data }: { userId: UserId; seq: Seq; data: string }): Promise<TapForBot> {
    const { log, members, profiles, state } = this.#room;
    members.active(userId);
    await this.#permission();
    this.#room.flushSends();
    const member = members.active(userId);
    const row = log.visible(seq, member);
    if (!row) throw noMessage(seq);
    const buttons = row.buttons === null ? [] : readButtons(row.buttons).flat();
    if (!buttons.some((button) => button.data === data))
      throw new CoreError("not_found", `Message ${seq} has no button with this data now.`);
    if (state.profile.kind === "direct") {
      const refusal = checkWritePermission(this.#room, member);
      if (refusal) throw refusal;
    }
    if (!members.isActive(row.sender_id) || !profiles.get(row.sender_id).bot)
      throw new CoreError("forbidden", "The bot of this message is not in this conversation any more.");
    const now = Date.now();
    const address = { conversationId: state.id, seq };
    const tap = { id: newTapId(now), ...address, user: profiles.get(userId), data, at: now };
    const isShadowed = this.#hooks.gate.isShadowed(userId);
    if (!isShadowed) this.#hooks.tapped(tap, row.sender_id);
    return { botId: row.sender_id, tap, isShadowed };
  }
}
