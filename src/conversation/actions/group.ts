import type { Profile } from "../../domain/conversations/conversation.ts";
import {
  isAudienceRoom,
  isDiscoverable,
  joinMode,
  showsHistory,
} from "../../domain/conversations/group-policies.ts";
import { type CustomFields, withFields } from "../../domain/custom-fields.ts";
import { CoreError, invalid, refusedFor } from "../../domain/errors.ts";
import { Seq, type UserId } from "../../domain/ids.ts";
import type { SystemEvent, SystemMessage } from "../../domain/messages/content.ts";
import { isSameJson, isSameMetadata } from "../../domain/server/metadata.ts";
import type { QueuedNotification } from "../delivery/notification-outbox.ts";
import { fieldsOf } from "../members/member-list.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { type GroupChange, withNewVersion } from "../state/group-change.ts";
import { notificationOf } from "./notifications.ts";
import { Permissions } from "./permissions.ts";

/** The receivers of one notification about rejected join requests. */
const RECEIVERS = 1_000;
/** The fields that clients or backends alone read: no system message tells of them. */
const UNTOLD: ReadonlySet<string> = new Set<keyof GroupProfileChange>([
  ...(["metadata", "history", "mayLeave", "retentionDays", "legalHold", "linkPreviews"] as const),
]);

/** A change of a group's profile. Absent fields stay as they are. */
export type GroupProfileChange = Partial<
  Pick<
    Profile,
    | "name"
    | "avatar"
    | "introduction"
    | "announcement"
    | "joinPolicy"
    | "threads"
    | "linkPreviews"
    | "muteAll"
    | "slowModeS"
    | "customFields"
    | "metadata"
    | "history"
    | "mayLeave"
    | "retentionDays"
    | "legalHold"
  > & {
    discoverable: boolean;
    /** whether it is an audience room: that never changes */
    audience: boolean;
    viewers: Exclude<Profile["viewers"], "none">;
  }
>;

/** A change of a member. Absent fields stay as they are. */
export interface MemberEdit {
  role?: "admin" | "member";
  /** seconds from now; 0 ends a mute */
  mutedForS?: number;
  nameCard?: string;
  customFields?: CustomFields;
}

/**
 * Changes a group and its members; `Joining` adds members. Each method commits the pending sends, then checks
 * permissions and writes in the same turn. The group's policy decides; no method asks for the group kind.
 * Each method returns the users whom the change concerns: the caller updates their inboxes.
 */
export class GroupChanges {
  readonly #room: RoomContext;
  readonly #permissions: Permissions;

  constructor(room: RoomContext) {
    this.#room = room;
    this.#permissions = new Permissions(room);
  }

  /**
   * Changes the profile. Values equal to the stored ones are no change. Custom fields that are not named
   * stay.
   * @throws `not_found`, `forbidden`, `validation_failed` for too many custom fields
   */
  edit(actorId: UserId, given: GroupProfileChange): UserId[] {
    const { muteAll, viewers, audience, customFields, ...otherFields } = given;
    const actor = this.#permissions.begin(actorId);
    const { profile } = this.#room.state;
    const saysWhoWrites = muteAll !== undefined || viewers !== undefined;
    if (saysWhoWrites) this.#permissions.require(actor, "mute", "mute everybody");
    // A member who may change the profile of a `private` group would keep others from writing by it.
    if ((otherFields.slowModeS ?? profile.slowModeS) !== profile.slowModeS)
      this.#permissions.require(actor, "mute", "set the slow mode of the group");
    if (!saysWhoWrites || customFields || Object.keys(otherFields).length > 0) {
      this.#permissions.require(actor, "edit", "change the group's profile");
    }
    requireAudience(profile, given);
    const { joinPolicy, discoverable } = otherFields;
    if (joinPolicy && joinMode({ ...profile, joinPolicy }) !== joinPolicy) {
      throw refusedFor("kind", "How one joins is the same in all groups of this kind.", profile.policy);
    }
    if (discoverable !== undefined && isDiscoverable({ ...profile, discoverable }) !== discoverable) {
      throw refusedFor("kind", "No stranger finds a group of this kind.", profile.policy);
    }
    const current = { ...profile, discoverable: isDiscoverable(profile), history: showsHistory(profile) };
    const { metadata = profile.metadata } = otherFields;
    const requested = {
      ...otherFields,
      metadata: isSameMetadata(metadata, profile.metadata) ? profile.metadata : metadata,
      ...(muteAll !== undefined && { muteAll }),
      ...(viewers !== undefined && isAudienceRoom(profile) && { viewers }),
      ...(customFields && { customFields: withFields(profile.customFields, customFields) }),
    };
    const change = Object.fromEntries(
      Object.entries(requested).filter(([field, value]) => !isSameJson(Reflect.get(current, field), value)),
    );
    if (Object.keys(change).length === 0) return [];
    const told = Object.fromEntries(Object.entries(change).filter(([field]) => !UNTOLD.has(field)));
    // Of the custom fields it has the changed ones only.
    const changedFields = { ...told, ...("customFields" in change && { customFields }) };
    const isTold = Object.keys(told).length > 0;
    return this.#commit([], () => ({
      profile: change,
      ...(isTold && { systemMessage: { ...systemMessage("profile", actorId, []), profile: changedFields } }),
    }));
  }

  /**
   * Ends the user's own membership. Where the policy lets an owner leave, the owner gets a successor.
   * @throws `not_found`, `forbidden` where nobody may leave, `conflict` for an owner, who hands over first
   */
  leave(userId: UserId): UserId[] {
    const actor = this.#permissions.begin(userId);
    if (!this.#room.state.profile.mayLeave) throw refusedFor("rank", "Members may not leave this group.");
    if (actor.role === "owner" && this.#permissions.policy.ownerLeaves === "refused") {
      throw new CoreError("conflict", "The owner cannot leave: hand the group over first, or dissolve it.");
    }
    return this.endMembership(actor, "left");
  }

  /**
   * Ends the membership of a user who leaves, or whose account was deleted, without a check of permissions.
   * The successor of an owner is the admin, else the member, with the longest membership. An owner without a
   * successor dissolves the group, and open join requests are rejected as by `dissolve`.
   */
  endMembership(member: MemberRow, reason: "left" | "session_ended"): UserId[] {
    // A channel is its space's.
    const isOwner = member.role === "owner" && !this.#room.readers;
    const successor = isOwner ? this.#successorOf(member) : undefined;
    const isLast = isOwner && !successor;
    const isDirect = this.#room.state.profile.kind === "direct";
    return this.#commit([member.user_id], () => ({
      members: [leftRow(this.#room, member), ...(successor ? [ownerRow(successor)] : [])],
      // An empty change of a direct conversation's profile has the peer get a conversation update.
      ...((successor || isDirect) && { profile: successor ? { ownerId: successor.user_id } : {} }),
      ...(isLast && { dissolvedAt: Date.now(), notifications: this.#rejectRequests(member.user_id) }),
      ...(!isDirect && { systemMessage: systemMessage("left", member.user_id, [member.user_id]) }),
      kick: { userIds: [member.user_id], reason },
    }));
  }

  /**
   * Removes members: all of them, or none where it throws.
   * @param reason goes to them with the notification
   * @throws `not_found`, also for a target who is no member; `forbidden`
   */
  remove(actorId: UserId, targetIds: UserId[], reason = ""): UserId[] {
    const actor = this.#permissions.begin(actorId);
    this.#permissions.require(actor, "remove", "remove members");
    const targets = targetIds.map((id) => this.#permissions.member(id));
    for (const target of targets) this.#permissions.requireOver(actor, target);
    return this.#commit(targetIds, () => removal(this.#room, actorId, targets, reason));
  }

  /**
   * Removes those of these users who are members: all of them, or none where it throws. A repeat removes
   * nobody.
   * @returns whom it has removed
   * @throws `not_found`, `forbidden` also for a member whom the actor does not outrank
   */
  removeAmong(actorId: UserId, userIds: readonly UserId[]): UserId[] {
    const actor = this.#permissions.begin(actorId);
    this.#permissions.require(actor, "remove", "remove members");
    const targets = [...new Set(userIds)].flatMap((id) => this.#room.members.findActive(id) ?? []);
    for (const target of targets) this.#permissions.requireOver(actor, target);
    if (targets.length === 0) return [];
    const removed = targets.map(({ user_id }) => user_id);
    return this.#commit(removed, () => removal(this.#room, actorId, targets, ""));
  }

  /**
   * Changes a member's role, mute, name card or custom fields. Custom fields that are not named stay. Every
   * member may change their own name card and custom fields, a muted one not the card: others see it. Another
   * card is told to all members. A call that throws changes nothing.
   * @throws `not_found`, `forbidden`, `validation_failed` for too many custom fields
   */
  change(actorId: UserId, targetId: UserId, change: MemberEdit): UserId[] {
    const { role, mutedForS, nameCard, customFields } = change;
    const actor = this.#permissions.begin(actorId);
    const target = actorId === targetId ? actor : this.#permissions.member(targetId);
    const isOwnFields = actorId === targetId && role === undefined && mutedForS === undefined;
    // The order decides which refusal a caller gets. Muting oneself is refused as `self` whatever the role.
    // A role for oneself is refused as `kind` or `rank` before `self`.
    if (mutedForS !== undefined && actorId === targetId) this.#permissions.requireOver(actor, target);
    if (role !== undefined) this.#permissions.require(actor, "roles", "make or unmake admins");
    if (mutedForS !== undefined) this.#permissions.require(actor, "mute", "mute members");
    if (!isOwnFields) this.#permissions.requireOver(actor, target);
    if ((nameCard !== undefined || customFields) && !isOwnFields)
      this.#permissions.require(actor, "edit", "change others' name cards");
    const isMuted = this.#room.rights.mutedUntil(target) > Date.now();
    if (nameCard !== undefined && isOwnFields && isMuted) {
      throw new CoreError("forbidden", "You are muted here: you cannot change your name card meanwhile.");
    }
    const changesCard = nameCard !== undefined && nameCard !== target.name_card;
    const fields: Partial<MemberRow> = {
      ...(mutedForS !== undefined && { muted_until: mutedForS === 0 ? 0 : Date.now() + mutedForS * 1_000 }),
      ...(changesCard && { name_card: nameCard }),
      ...(customFields && { custom_fields: JSON.stringify(withFields(fieldsOf(target), customFields)) }),
    };
    if (Object.keys(fields).length === 0 && role === undefined) return [];
    const changesRole = role !== undefined && role !== target.role;
    const row = changesRole ? withNewVersion(target, { ...fields, role }) : { ...target, ...fields };
    // At most one system message a call, and none where neither the role nor the mute changes.
    const changesMute = mutedForS !== undefined && (mutedForS > 0 || isMuted);
    const event = changesRole ? "role" : changesMute ? "muted" : undefined;
    return this.#commit([targetId], () => ({
      members: [row],
      ...(event && {
        systemMessage: {
          ...systemMessage(event, actorId, [targetId]),
          ...(changesRole && { role }),
          ...(changesMute && { mutedForS }),
        },
      }),
      ...(changesCard && {
        memberEvent: {
          event: "name_card",
          userIds: [targetId],
          to: { around: targetId, self: "everywhere" },
        },
        // Lists show the name card of who has sent the newest message.
        reachesLists: this.#isNewestSender(targetId),
      }),
      ...(changesRole && {
        notifications: [
          notificationOf(this.#room.state, { event: ROLE_EVENTS[role], actorId, to: [targetId] }),
        ],
      }),
    }));
  }

  /**
   * Makes another member the owner. The former owner becomes a plain member.
   * @throws `not_found`, `forbidden`
   */
  handOver(actorId: UserId, successorId: UserId): UserId[] {
    const actor = this.#permissions.begin(actorId);
    this.#permissions.require(actor, "handOver", "hand the group over");
    if (actorId === successorId) throw refusedFor("self", "The group is yours already.");
    const successor = this.#permissions.member(successorId);
    return this.#commit([successorId], () => ({
      members: [withNewVersion(actor, { role: "member" }), ownerRow(successor)],
      profile: { ownerId: successorId },
      systemMessage: systemMessage("owner", actorId, [successorId]),
    }));
  }

  /**
   * Dissolves the group for everybody. Open join requests are rejected in the same transaction.
   * @throws `not_found`, `forbidden`
   */
  dissolve(actorId: UserId): UserId[] {
    const actor = this.#permissions.begin(actorId);
    this.#permissions.require(actor, "dissolve", "dissolve the group");
    return this.dissolveAs(actorId);
  }

  /** The same in the name of the owner, whatever the kind of the group allows. */
  dissolveAs(actorId: UserId): UserId[] {
    const userIds = this.#room.members.activeIds();
    return this.#commit(userIds, () => ({
      dissolvedAt: Date.now(),
      kick: { userIds, reason: "dissolved" },
      notifications: [
        notificationOf(this.#room.state, { event: "dissolved", actorId, to: userIds }),
        ...this.#rejectRequests(actorId),
      ],
    }));
  }

  /** Rejects the open join requests, in the transaction that dissolves the group. */
  #rejectRequests(actorId: UserId): QueuedNotification[] {
    const applicants = this.#room.joinRequests.rejectAll(actorId, Date.now());
    return inParts(applicants).map((to) =>
      notificationOf(this.#room.state, { event: "rejected", actorId, to }),
    );
  }

  /** Whether the newest message of the main stream is of this user. */
  #isNewestSender(userId: UserId): boolean {
    const { log } = this.#room;
    const { seq } = log.main.last;
    return seq > 0 && log.get(Seq.parse(seq))?.sender_id === userId;
  }

  #successorOf(owner: MemberRow): MemberRow | undefined {
    const { members } = this.#room;
    const [admins, all] = [["admin"] as const, undefined].map((roles) =>
      members.inOrder({ limit: 2, roles }),
    );
    return [...(admins ?? []), ...(all ?? [])].find((member) => member !== owner);
  }

  /** @param change makes the change, in its transaction */
  #commit(concerned: UserId[], change: () => GroupChange): UserId[] {
    this.#room.commit((tx) => this.#room.change(tx, change()));
    return concerned;
  }
}

/** @throws `validation_failed` for what would make an audience room of a group, or the reverse */
function requireAudience(profile: Profile, { audience, viewers, history }: GroupProfileChange): void {
  const isOne = isAudienceRoom(profile);
  if (audience !== undefined && audience !== isOne)
    throw invalid("body.audience", `must be ${isOne}: it is set as the group is created`);
  if (!isOne && viewers === "write")
    throw invalid("body.may_write", "must not be `everybody`: this is no audience room");
  if (isOne && history === false && showsHistory(profile))
    throw invalid("body.history", "must be `all`: who looks at an audience room sees what was before");
}

/** Users in parts: a notification is one row with its receivers, and a row has at most 2 MB. */
function inParts(ids: UserId[]): UserId[][] {
  const count = Math.ceil(ids.length / RECEIVERS);
  return Array.from({ length: count }, (_, i) => ids.slice(i * RECEIVERS, (i + 1) * RECEIVERS));
}

/** The removal of members by another one. @param reason goes to them with the notification */
export function removal(
  room: Pick<RoomContext, "state" | "log">,
  actorId: UserId,
  targets: MemberRow[],
  reason: string,
): GroupChange {
  const ids = targets.map(({ user_id }) => user_id);
  return {
    members: targets.map((target) => leftRow(room, target)),
    systemMessage: systemMessage("removed", actorId, ids),
    notifications: [notificationOf(room.state, { event: "removed", actorId, to: ids, message: reason })],
    kick: { userIds: ids, reason: "removed" },
  };
}

function leftRow({ log }: Pick<RoomContext, "log">, member: MemberRow): MemberRow {
  return withNewVersion(member, { state: "left", role: "member", visible_until: log.last.seq });
}

const ROLE_EVENTS = { admin: "admin_set", member: "admin_unset" } as const;

/** The row of a member who becomes the owner. The mute ends, since nobody could end it later. */
function ownerRow(member: MemberRow): MemberRow {
  return withNewVersion(member, { role: "owner", muted_until: 0 });
}

function systemMessage(event: SystemEvent, actor_id: UserId, user_ids: UserId[]): SystemMessage {
  return { event, actor_id, user_ids };
}
