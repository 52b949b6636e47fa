import type { GroupOutline, GroupRelation } from "../../domain/conversations/group-outline.ts";
import { isDiscoverable, joinMode } from "../../domain/conversations/group-policies.ts";
import { noConversation } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { RoomContext } from "../room/context.ts";

/** What an outline is made of. */
type Outlined = Pick<RoomContext, "state" | "members" | "bans" | "joinRequests">;

/** A group as users see it who are not in it. */
export class GroupOutlines {
  readonly #room: Outlined;

  constructor(room: Outlined) {
    this.#room = room;
  }

  /**
   * A group as a user finds it by its number.
   * @throws `not_found` for a direct conversation and a dissolved group; for others than members also for a
   *   group that is not discoverable, and for a banned user
   */
  find(userId: UserId): GroupOutline {
    const { profile, dissolvedAt } = this.#room.state;
    if (profile.kind === "direct" || dissolvedAt !== null) throw noConversation();
    const outline = this.of(userId);
    const isHidden = !isDiscoverable(profile) || this.#room.bans.among([userId]).length > 0;
    if (outline.state !== "member" && isHidden) throw noConversation();
    return outline;
  }

  /**
   * The outline for a user, whoever they are. The caller has checked that they may see it.
   * @param userId null: somebody without a token
   */
  of(userId: UserId | null): GroupOutline {
    const { id, profile } = this.#room.state;
    const { name, avatar, introduction, ownerId } = profile;
    return {
      ...{ id, name, avatar, introduction, ownerId },
      memberCount: this.#room.members.activeCount,
      joinPolicy: joinMode(profile),
      state: this.#relation(userId),
    };
  }

  #relation(userId: UserId | null): GroupRelation {
    if (userId === null) return "none";
    if (this.#room.members.isActive(userId)) return "member";
    return this.#room.joinRequests.openOf(userId) ? "requested" : "none";
  }
}
