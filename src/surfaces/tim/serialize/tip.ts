import type { Cast } from "../../../core/cast.ts";
import { Tip, type TipEvent } from "../../../core/content.ts";
import type { Message } from "../../../core/message.ts";
import type { TipDetails } from "../../../core/tip.ts";
import { serializeFields } from "./fields.ts";
import { JOIN_OPTIONS } from "./groups.ts";
import type { Stage } from "./setting.ts";

/** The SDK's number of what a tip tells. */
const OPERATIONS: Record<TipEvent, number> = {
  ...{ joined: 1, left: 2, removed: 3, role: 4, owner: 6, profile: 6, muted: 7 },
};

/** The number of a role that was taken away again. */
const NO_ADMIN = 5;

/** What a tip tells of a group; of one from before details were kept, what there is. */
export function tipPayload({ body, tip }: Pick<Message, "body" | "tip">, stage: Stage, cast: Cast) {
  const { event, actor_id, user_ids } = Tip.parse(JSON.parse(body));
  const users = user_ids.map(cast);
  const { groupID, name } = stage.kind === "group" ? stage : { groupID: "", name: "" };
  const isDismissed = event === "role" && tip?.role === "member";
  const profile = newProfile(event, tip, users[0]?.username);
  return {
    operatorID: cast(actor_id).username,
    operationType: isDismissed ? NO_ADMIN : OPERATIONS[event],
    userIDList: users.map(({ username }) => username),
    memberList: users.map(({ username, nickname, avatar }) => ({
      ...{ userID: username, nick: nickname, avatar },
      ...(tip?.mutedForS !== undefined && { muteTime: tip.mutedForS }),
    })),
    groupProfile: { groupID, groupName: tip?.groupName ?? name },
    memberCount: tip?.memberCount ?? 0,
    ...(profile && { newGroupProfile: profile }),
  };
}

/** What of the group's profile is another since then; the hand-over of a group is a change of its profile here. */
function newProfile(event: TipEvent, tip: TipDetails | undefined, heir: string | undefined) {
  if (event === "owner") return { ownerID: heir ?? "" };
  if (!tip?.profile) return undefined;
  const { name, avatar, introduction, announcement, joinPolicy, muteAll, customFields } = tip.profile;
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
