import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { SystemMessage } from "../../domain/messages/content.ts";
import type { MessageRow } from "../log/row.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import type { RoomContext } from "../state/context.ts";
import type { StoredChanges } from "./change-feed.ts";
import { Permissions } from "./permissions.ts";

/** Pins messages for all members, and unpins them. */
export class Pinning {
  readonly #room: RoomContext;
  readonly #permissions: Permissions;
  readonly #permission: () => Promise<void>;

  /** @param permission waits until it is known who may write. @throws `unavailable` */
  constructor(room: RoomContext, permission: () => Promise<void>) {
    this.#room = room;
    this.#permissions = new Permissions(room);
    this.#permission = permission;
  }

  /**
   * Pins a message, and says so in a system message, unless one of the last hour and of the newest 200
   * messages does. Idempotent.
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `forbidden` unless the group's policy lets the user pin; `muted`, `blocked` as for a send
   * @throws `validation_failed` for a system message and a revoked one
   * @throws `conflict` if too many messages are pinned
   */
  async pin(userId: UserId, seq: Seq): Promise<void> {
    await this.#permission();
    const row = this.#pinnable(userId, seq);
    if (row.pinned_at === null) {
      if (this.#room.log.pins.count() >= LIMITS.pins)
        throw new CoreError("conflict", `${LIMITS.pins} messages are pinned: unpin one first.`);
      if (this.#wasTold(seq)) this.#room.changeFeed.make(() => this.#store(row, userId));
      else this.#pinAndTell(row, userId);
    }
    await this.#room.updateInboxes([userId]);
  }

  /** Unpins a message. Idempotent. @throws as `pin` does, except `conflict` */
  async unpin(userId: UserId, seq: Seq): Promise<void> {
    await this.#permission();
    const row = this.#pinnable(userId, seq);
    if (row.pinned_at !== null) this.#room.changeFeed.make(() => this.#store(row, null, userId));
  }

  /** Whether the members were told of a pin of this message a short while ago: then nobody is told again. */
  #wasTold(seq: Seq): boolean {
    const { last, pins } = this.#room.log;
    return pins.wasTold(seq, last.seq - LIMITS.pinNotice, Date.now() - LIMITS.pinNoticeMs);
  }

  #pinAndTell(row: MessageRow, by: UserId): void {
    const systemMessage: SystemMessage = { event: "pinned", actor_id: by, user_ids: [], seq: row.seq };
    const stored: StoredChanges[] = [];
    this.#room.change({
      systemMessage,
      alsoStore: () => stored.push(this.#store(row, by)),
      alsoApply: () => {
        for (const changes of stored) this.#room.changeFeed.apply(changes);
      },
    });
  }

  /** Stores a pin, or its end, in the caller's transaction. */
  #store({ seq }: MessageRow, by: UserId | null, actor = by): StoredChanges {
    // Lists show no pins.
    const changes = this.#room.changeFeed.store([seq], {
      reachesLists: false,
      keepsContent: true,
      by: actor,
    });
    // The time orders the pins: two of one millisecond, or of a clock that was set back, need different ones.
    const at = Math.max(Date.now(), this.#room.log.pins.lastAt() + 1);
    this.#room.log.pins.set(seq, by === null ? null : { at, by });
    return changes;
  }

  /** @returns the row of a message that the user may pin and unpin @throws as `pin` does */
  #pinnable(userId: UserId, seq: Seq): MessageRow {
    this.#room.flushSends();
    const { state, members, log } = this.#room;
    const member = members.active(userId);
    const row = log.visible(seq, member);
    if (!row) throw noMessage(seq);
    if (state.profile.kind === "group") this.#permissions.require(member, "pin", "pin messages");
    const refusal = checkWritePermission(state, members, member);
    if (refusal) throw refusal;
    if (row.kind === "tip" || row.revoked_rev !== null)
      throw invalid("path.seq", "must be a message that is neither revoked nor a notice of the server");
    return row;
  }
}
