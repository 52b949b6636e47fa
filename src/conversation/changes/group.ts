import type { Profile } from "../../domain/conversations/conversation.ts";
import { joinMode } from "../../domain/conversations/group-policies.ts";
import { type CustomFields, withFields } from "../../domain/custom-fields.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { SystemEvent, SystemMessage } from "../../domain/messages/content.ts";
import type { QueuedNotification } from "../delivery/notification-outbox.ts";
import { fieldsOf } from "../members/member-list.ts";
import type { MemberRow } from "../members/members.ts";
import { type GroupChange, withNewVersion } from "../state/change.ts";
import type { RoomContext } from "../state/context.ts";
import { type NotificationInput, notificationOf } from "./notifications.ts";
import { Permissions } from "./permissions.ts";

/** What a group's profile may be changed to; absent is unchanged. */
export type GroupProfileChange = Partial<
  Pick<
    Profile,
    "name" | "avatar" | "introduction" | "announcement" | "joinPolicy" | "muteAll" | "customFields"
  >
>;

/** What may be changed of a member; absent is unchanged. */
export interface MemberEdit {
  role?: "admin" | "member";
  /** seconds from now; 0 ends a mute */
  mutedForS?: number;
  nameCard?: string;
  customFields?: CustomFields;
}

/**
 * What becomes of a group and its members; how they come in is `Joining`. Each method checks rights in
 * the turn in which it writes, behind the sends that came before, and asks the group's policy, never for
 * a kind of group. It gives the users whom the change concerns, for one try to tell their inboxes.
 */
export class GroupChanges {
  readonly #room: RoomContext;
  readonly #rights: Permissions;

  constructor(room: RoomContext) {
    this.#room = room;
    this.#rights = new Permissions(room);
  }

  /**
   * Changes the profile; what is as it was changes nothing. Custom fields which are not named stay.
   * @throws `not_found`, `forbidden`, `validation_failed` for more custom fields than are kept
   */
  edit(actorId: UserId, { muteAll, customFields, ...plain }: GroupProfileChange): UserId[] {
    const actor = this.#rights.begin(actorId);
    const { profile } = this.#room.state;
    if (muteAll !== undefined) this.#rights.require(actor, "mute", "mute everybody");
    if (muteAll === undefined || customFields || Object.keys(plain).length > 0) {
      this.#rights.require(actor, "edit", "change the group's profile");
    }
    const { joinPolicy } = plain;
    if (joinPolicy && joinMode({ ...profile, joinPolicy }) !== joinPolicy) {
      throw refusedFor("kind", "How one joins is the same in all groups of this kind.", profile.policy);
    }
    const wanted = {
      ...plain,
      ...(muteAll !== undefined && { muteAll }),
      ...(customFields && { customFields: withFields(profile.customFields, customFields) }),
    };
    const change = Object.fromEntries(
      Object.entries(wanted).filter(
        ([field, value]) => JSON.stringify(Reflect.get(profile, field)) !== JSON.stringify(value),
      ),
    );
    if (Object.keys(change).length === 0) return [];
    const shown = { ...change, ...("customFields" in change && { customFields }) };
    return this.#commit([], {
      profile: change,
      systemMessage: { ...tip("profile", actorId, []), profile: shown },
    });
  }

  /**
   * Leaves. Where the policy lets an owner go, who has been a member longest follows him.
   * @throws `not_found`, `conflict` for an owner who has to hand over first
   */
  leave(userId: UserId): UserId[] {
    const actor = this.#rights.begin(userId);
    if (actor.role === "owner" && this.#rights.policy.ownerLeaves === "refused") {
      throw new CoreError("conflict", "The owner cannot leave: hand the group over first, or dissolve it.");
    }
    return this.removeDeleted(actor, "left");
  }

  /** Takes a member out who goes, or whose account was deleted; an owner is followed by somebody. */
  removeDeleted(member: MemberRow, reason: "left" | "session_ended"): UserId[] {
    const heir = member.role === "owner" ? this.#heirOf(member) : undefined;
    const isLast = member.role === "owner" && !heir;
    const isDirect = this.#room.state.profile.kind === "direct";
    return this.#commit([member.user_id], {
      members: [this.#membersLeft(member), ...(heir ? [owning(heir)] : [])],
      // In a direct one nothing of the profile changes, but what the other one is to be told does.
      ...((heir || isDirect) && { profile: heir ? { ownerId: heir.user_id } : {} }),
      ...(isLast && { dissolvedAt: Date.now() }),
      ...(!isDirect && { systemMessage: tip("left", member.user_id, [member.user_id]) }),
      kick: { userIds: [member.user_id], reason },
    });
  }

  /** Removes members, who are told the reason. @throws `not_found` (for who is no member too), `forbidden`: nobody is removed then */
  remove(actorId: UserId, targetIds: UserId[], reason = ""): UserId[] {
    const actor = this.#rights.begin(actorId);
    this.#rights.require(actor, "remove", "remove members");
    const targets = targetIds.map((id) => this.#rights.member(id));
    for (const target of targets) this.#rights.requireOver(actor, target);
    return this.#commit(targetIds, {
      members: targets.map((target) => this.#membersLeft(target)),
      systemMessage: tip("removed", actorId, targetIds),
      notifications: this.#notice({ event: "removed", actorId, to: targetIds, message: reason }),
      kick: { userIds: targetIds, reason: "removed" },
    });
  }

  /**
   * Changes a member's role, mute, name card or custom fields, of which those not named stay; one's own card and fields
   * are everybody's to change.
   * @throws `not_found`, `forbidden`, `validation_failed` for more custom fields than are kept: nothing is changed then
   */
  change(actorId: UserId, targetId: UserId, change: MemberEdit): UserId[] {
    const { role, mutedForS, nameCard, customFields } = change;
    const actor = this.#rights.begin(actorId);
    const target = actorId === targetId ? actor : this.#rights.member(targetId);
    const isOwnCard = actorId === targetId && role === undefined && mutedForS === undefined;
    // Whatever one's role is, one does not mute himself; of roles who has none to give learns that first.
    if (mutedForS !== undefined && actorId === targetId) this.#rights.requireOver(actor, target);
    if (role !== undefined) this.#rights.require(actor, "roles", "make or unmake admins");
    if (mutedForS !== undefined) this.#rights.require(actor, "mute", "mute members");
    if (!isOwnCard) this.#rights.requireOver(actor, target);
    if ((nameCard !== undefined || customFields) && !isOwnCard)
      this.#rights.require(actor, "edit", "change others' name cards");
    const fields: Partial<MemberRow> = {
      ...(mutedForS !== undefined && { muted_until: mutedForS === 0 ? 0 : Date.now() + mutedForS * 1_000 }),
      ...(nameCard !== undefined && { name_card: nameCard }),
      ...(customFields && { custom_fields: JSON.stringify(withFields(fieldsOf(target), customFields)) }),
    };
    if (Object.keys(fields).length === 0 && role === undefined) return [];
    const changesRole = role !== undefined && role !== target.role;
    const row = changesRole ? withNewVersion(target, { ...fields, role }) : { ...target, ...fields };
    // One tip a call; whoever changes nothing tells of nothing.
    const isMuted = target.muted_until > Date.now();
    const changesMute = mutedForS !== undefined && (mutedForS > 0 || isMuted);
    const event = changesRole ? "role" : changesMute ? "muted" : undefined;
    return this.#commit([targetId], {
      members: [row],
      ...(event && {
        systemMessage: {
          ...tip(event, actorId, [targetId]),
          ...(changesRole && { role }),
          ...(changesMute && { mutedForS }),
        },
      }),
      ...(changesRole && {
        notifications: this.#notice({ event: ROLE_NOTICES[role], actorId, to: [targetId] }),
      }),
    });
  }

  /** Gives the group to another member; the owner is a plain member then. @throws `not_found`, `forbidden` */
  handOver(actorId: UserId, heirId: UserId): UserId[] {
    const actor = this.#rights.begin(actorId);
    this.#rights.require(actor, "handOver", "hand the group over");
    if (actorId === heirId) throw refusedFor("self", "The group is yours already.");
    const heir = this.#rights.member(heirId);
    return this.#commit([heirId], {
      members: [withNewVersion(actor, { role: "member" }), owning(heir)],
      profile: { ownerId: heirId },
      systemMessage: tip("owner", actorId, [heirId]),
    });
  }

  /** Ends the group for everybody. @throws `not_found`, `forbidden` */
  dissolve(actorId: UserId): UserId[] {
    const actor = this.#rights.begin(actorId);
    this.#rights.require(actor, "dissolve", "dissolve the group");
    const userIds = this.#room.memberList.active().map(({ user_id }) => user_id);
    return this.#commit(userIds, {
      dissolvedAt: Date.now(),
      kick: { userIds, reason: "dissolved" },
      notifications: this.#notice({ event: "dissolved", actorId, to: userIds }),
    });
  }

  #notice(happening: NotificationInput): () => QueuedNotification[] {
    return () => [notificationOf(this.#room.state, happening)];
  }

  #membersLeft(member: MemberRow): MemberRow {
    return withNewVersion(member, { state: "left", role: "member", visible_until: this.#room.log.last.seq });
  }

  #heirOf(owner: MemberRow): MemberRow | undefined {
    const others = this.#room.memberList.active().filter((member) => member !== owner);
    return others.find(({ role }) => role === "admin") ?? others[0];
  }

  #commit(concerned: UserId[], change: GroupChange): UserId[] {
    this.#room.change(change);
    return concerned;
  }
}

const ROLE_NOTICES = { admin: "admin_set", member: "admin_unset" } as const;

/** Nobody could end an owner's mute, so it ends here. */
function owning(heir: MemberRow): MemberRow {
  return withNewVersion(heir, { role: "owner", muted_until: 0 });
}

function tip(event: SystemEvent, actor_id: UserId, user_ids: UserId[]): SystemMessage {
  return { event, actor_id, user_ids };
}
