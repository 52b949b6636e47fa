import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import { readTip, type SystemEvent } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { SystemMessageDetails } from "../../../domain/messages/system-message.ts";
import { serializeFields, type WireConversation } from "../context.ts";
import { JOIN_OPTIONS } from "../groups/group.ts";

/** A change of the group. Also what the SDK has no number for: a pin, and a notice of a team's backend. */
const CHANGED = 6;

/** The SDK's numbers of system events. */
const OPERATIONS: Record<SystemEvent, number> = {
  ...{ joined: 1, left: 2, removed: 3, role: 4, owner: CHANGED, profile: CHANGED, muted: 7 },
  pinned: CHANGED,
};

/** The SDK's number of the end of an admin's role. */
const NO_ADMIN = 5;

/** The payload of a system message. An old one without stored details has fewer fields. */
export function systemMessagePayload(
  { body, systemMessage }: Pick<Message, "body" | "systemMessage">,
  wireConversation: WireConversation,
  profiles: ProfileLookup,
) {
  const { groupID, name } = wireConversation.kind === "group" ? wireConversation : { groupID: "", name: "" };
  const tip = readTip(body);
  if ("notice" in tip) {
    const group = { groupProfile: { groupID, groupName: name }, memberCount: 0 };
    const { text } = tip.notice;
    return {
      operatorID: "",
      operationType: CHANGED,
      userIDList: [],
      memberList: [],
      ...group,
      newGroupProfile: {},
      text,
    };
  }
  const { event, actor_id, user_ids } = tip;
  const users = user_ids.map(profiles);
  const isDismissed = event === "role" && systemMessage?.role === "member";
  const operationType = isDismissed ? NO_ADMIN : OPERATIONS[event];
  return {
    operatorID: profiles(actor_id).username,
    operationType,
    userIDList: users.map(({ username }) => username),
    memberList: users.map(({ username, nickname, avatar }) => ({
      ...{ userID: username, nick: nickname, avatar },
      ...(systemMessage?.mutedForS !== undefined && { muteTime: systemMessage.mutedForS }),
    })),
    groupProfile: { groupID, groupName: systemMessage?.groupName || name },
    memberCount: systemMessage?.memberCount ?? 0,
    // UI kits look for the fields of any change.
    ...(operationType === CHANGED && {
      newGroupProfile: newProfile(event, systemMessage, users[0]?.username),
    }),
  };
}

/**
 * The changed fields of the group's profile, if any. This API treats a new owner as a change of the
 * profile.
 */
function newProfile(
  event: SystemEvent,
  systemMessage: SystemMessageDetails | undefined,
  newOwner: string | undefined,
) {
  if (event === "owner") return { ownerID: newOwner ?? "" };
  if (!systemMessage?.profile) return {};
  const { name, avatar, introduction, announcement, joinPolicy, muteAll, customFields } =
    systemMessage.profile;
  return {
    ...(name !== undefined && { groupName: name }),
    ...(avatar !== undefined && { avatar }),
    ...(introduction !== undefined && { introduction }),
    ...(announcement !== undefined && { notification: announcement }),
    ...(joinPolicy !== undefined && { joinOption: JOIN_OPTIONS[joinPolicy] }),
    ...(muteAll !== undefined && { muteAllMembers: muteAll }),
    ...(customFields && { groupCustomField: serializeFields(customFields) }),
  };
}
