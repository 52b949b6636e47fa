import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageRow } from "../log/row.ts";
import type { RoomStores } from "../room/context.ts";
import type { Publisher } from "../room/publisher.ts";
import type { SendingGate } from "../sending/sending-gate.ts";
import { checkWritePermission } from "../sending/write-permission.ts";

/** The streams that are kept in memory: beyond them the oldest ones are forgotten. */
const MAX_STREAMS = 100;

/** A part of a message that a bot is making. */
export interface StreamedText {
  userId: UserId;
  /** tells the streams of a bot apart */
  stream: string;
  /** the whole text so far */
  text: string;
}

type Room = Pick<RoomStores, "state" | "members" | "rights" | "profiles">;

/**
 * The texts that bots are making, shown to who looks, until a message of the bot comes. Memory alone has
 * them: an eviction loses them, and the next part shows the text again.
 */
export class ShownStreams {
  readonly #room: Room;
  readonly #publisher: Pick<Publisher, "tellUnstored">;
  readonly #gate: Pick<SendingGate, "isSet" | "isShadowed">;
  readonly #timing: Timing["streams"];
  /** in the order of their last parts */
  readonly #streams = new Map<string, StreamedText & { at: number }>();

  constructor(
    room: Room,
    publisher: Pick<Publisher, "tellUnstored">,
    gate: Pick<SendingGate, "isSet" | "isShadowed">,
    timing: Timing["streams"],
  ) {
    this.#room = room;
    this.#publisher = publisher;
    this.#gate = gate;
    this.#timing = timing;
  }

  /**
   * Shows what a bot has made so far. Where a rule or a hook has a say, nobody sees it before the message.
   * @throws `not_found` unless the user is a member, `forbidden` for one who is no bot, as a send for one who
   *   may not write
   */
  async show({ userId, stream, text }: StreamedText): Promise<void> {
    this.#admit(userId);
    if (this.#gate.isShadowed(userId) || (await this.#gate.isSet(userId))) return;
    this.#admit(userId);
    const key = `${userId} ${stream}`;
    this.#streams.delete(key);
    this.#streams.set(key, { userId, stream, text, at: Date.now() });
    this.#forgetOld();
    const conversationId = this.#room.state.id;
    this.#publisher.tellUnstored({
      event: () => {
        const shown = this.#streams.get(key);
        return shown ? { type: "draft_text", conversationId, userId, stream, text: shown.text } : null;
      },
      to: { around: userId, self: "nowhere" },
      subject: `stream ${key}`,
    });
  }

  /** Ends the streams of those whose messages are stored: the messages are in their place. */
  sent(rows: readonly MessageRow[]): void {
    if (this.#streams.size === 0) return;
    const senders = new Set(rows.map(({ sender_id }) => sender_id));
    for (const [key, { userId }] of this.#streams) if (senders.has(userId)) this.#streams.delete(key);
  }

  #admit(userId: UserId): void {
    const { members, profiles } = this.#room;
    const member = members.active(userId);
    if (!profiles.get(userId).bot) throw new CoreError("forbidden", "Only a bot shows what it is writing.");
    const refusal = checkWritePermission(this.#room, member);
    if (refusal) throw refusal;
  }

  #forgetOld(): void {
    const since = Date.now() - this.#timing.keepMs;
    for (const [key, { at }] of this.#streams) {
      if (at >= since && this.#streams.size <= MAX_STREAMS) return;
      this.#streams.delete(key);
    }
  }
}
