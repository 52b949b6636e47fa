import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { SystemMessage } from "../../domain/messages/content.ts";
import type { MessageRow } from "../log/row.ts";
import type { RoomContext } from "../room/context.ts";
import { refusal, type SendingGate } from "../sending/sending-gate.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import type { Transaction } from "../state/transaction.ts";
import { Permissions } from "./permissions.ts";

/** Pins messages for all members, and unpins them. */
export class Pinning {
  readonly #room: RoomContext;
  readonly #permissions: Permissions;
  readonly #gate: Pick<SendingGate, "hides">;
  readonly #permission: () => Promise<void>;

  /** @param permission waits until it is known who may write. @throws `unavailable` */
  constructor(room: RoomContext, gate: Pick<SendingGate, "hides">, permission: () => Promise<void>) {
    this.#room = room;
    this.#permissions = new Permissions(room);
    [this.#gate, this.#permission] = [gate, permission];
  }

  /**
   * Pins a message, and says so in a system message, unless one of the last hour and of the newest 200
   * messages does, or nobody else sees the message. Idempotent.
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `forbidden` unless the group's policy lets the user pin; `muted`, `blocked` as for a send
   * @throws `validation_failed` for a system message and a revoked one; `refused` from the shadow, where
   *   others would see it
   * @throws `conflict` if too many messages are pinned
   */
  async pin(userId: UserId, seq: Seq): Promise<void> {
    const row = await this.#asked(userId, seq);
    if (row.pinned_at === null) {
      if (this.#room.log.pins.count(this.#room.state.floor.seq, userId) >= LIMITS.pins)
        throw new CoreError("conflict", `${LIMITS.pins} messages are pinned: unpin one first.`);
      const isTold = row.shadowed !== null || this.#wasTold(seq);
      this.#room.commit((tx) => {
        this.#store(tx, row, userId, true);
        if (!isTold) this.#room.change(tx, { systemMessage: pinned(userId, seq) });
      });
    }
    await this.#room.updateInboxes([userId]);
  }

  /** Unpins a message. Idempotent. @throws as `pin` does, except `conflict` */
  async unpin(userId: UserId, seq: Seq): Promise<void> {
    const row = await this.#asked(userId, seq);
    if (row.pinned_at !== null) this.#room.commit((tx) => this.#store(tx, row, userId, false));
  }

  /** Whether the members were told of a pin of this message a short while ago: then nobody is told again. */
  #wasTold(seq: Seq): boolean {
    const { last, pins } = this.#room.log;
    return pins.wasTold(seq, last.seq - LIMITS.pinNotice, Date.now() - LIMITS.pinNoticeMs);
  }

  /** Stores a pin, or its end. */
  #store(tx: Transaction, { seq }: MessageRow, by: UserId, isPinned: boolean): void {
    this.#room.changeFeed.record(tx, [seq], { by });
    const { pins } = this.#room.log;
    // The time orders the pins: two of one millisecond, or of a clock that was set back, need different ones.
    pins.set(seq, isPinned ? { at: Math.max(Date.now(), pins.lastAt() + 1), by } : null);
  }

  /** The same, once it is known whether the user may, and whether others would see it. */
  async #asked(userId: UserId, seq: Seq): Promise<MessageRow> {
    await this.#permission();
    const isHidden = await this.#gate.hides(userId);
    const row = this.#pinnable(userId, seq);
    if (isHidden && row.shadowed === null) throw refusal();
    return row;
  }

  /** @returns the row of a message that the user may pin and unpin @throws as `pin` does */
  #pinnable(userId: UserId, seq: Seq): MessageRow {
    this.#room.flushSends();
    const { state, members, log } = this.#room;
    const member = members.active(userId);
    const row = log.visible(seq, member);
    if (!row) throw noMessage(seq);
    if (state.profile.kind === "group") this.#permissions.require(member, "pin", "pin messages");
    const refusal = checkWritePermission(this.#room, member, "pin");
    if (refusal) throw refusal;
    if (row.kind === "tip" || row.revoked_rev !== null)
      throw invalid("path.seq", "must be a message that is neither revoked nor a notice of the server");
    return row;
  }
}

/** The system message that says that a message is pinned. */
function pinned(by: UserId, seq: Seq): SystemMessage {
  return { event: "pinned", actor_id: by, user_ids: [], seq };
}
