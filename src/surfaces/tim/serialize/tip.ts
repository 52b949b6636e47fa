import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import { type SystemEvent, SystemMessage } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { SystemMessageDetails } from "../../../domain/messages/system-message.ts";
import { serializeFields } from "./fields.ts";
import { JOIN_OPTIONS } from "./groups.ts";
import type { Stage } from "./setting.ts";

/** The SDK's number of what a tip tells. */
const OPERATIONS: Record<SystemEvent, number> = {
  ...{ joined: 1, left: 2, removed: 3, role: 4, owner: 6, profile: 6, muted: 7 },
};

/** The number of a role that was taken away again. */
const NO_ADMIN = 5;

/** What a tip tells of a group; of one from before details were kept, what there is. */
export function tipPayload(
  { body, systemMessage }: Pick<Message, "body" | "systemMessage">,
  stage: Stage,
  profiles: ProfileLookup,
) {
  const { event, actor_id, user_ids } = SystemMessage.parse(JSON.parse(body));
  const users = user_ids.map(profiles);
  const { groupID, name } = stage.kind === "group" ? stage : { groupID: "", name: "" };
  const isDismissed = event === "role" && systemMessage?.role === "member";
  const profile = newProfile(event, systemMessage, users[0]?.username);
  return {
    operatorID: profiles(actor_id).username,
    operationType: isDismissed ? NO_ADMIN : OPERATIONS[event],
    userIDList: users.map(({ username }) => username),
    memberList: users.map(({ username, nickname, avatar }) => ({
      ...{ userID: username, nick: nickname, avatar },
      ...(systemMessage?.mutedForS !== undefined && { muteTime: systemMessage.mutedForS }),
    })),
    groupProfile: { groupID, groupName: systemMessage?.groupName ?? name },
    memberCount: systemMessage?.memberCount ?? 0,
    ...(profile && { newGroupProfile: profile }),
  };
}

/** What of the group's profile is another since then; the hand-over of a group is a change of its profile here. */
function newProfile(
  event: SystemEvent,
  systemMessage: SystemMessageDetails | undefined,
  heir: string | undefined,
) {
  if (event === "owner") return { ownerID: heir ?? "" };
  if (!systemMessage?.profile) return undefined;
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
