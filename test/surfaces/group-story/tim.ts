import { expect } from "vitest";
import { z } from "zod";
import { call, type SignedIn } from "../../support/clients/api.ts";
import type { WireAnswer } from "../../support/clients/wire.ts";
import { tim as ask, data, Failure } from "../tim/client.ts";
import type { Action, Outcome, Person, Shown, Surface, View } from "./surface.ts";
import { v1 } from "./v1.ts";

const Tip = z.looseObject({
  operatorID: z.string(),
  operationType: z.int(),
  userIDList: z.array(z.string()),
});
const Message = z.looseObject({
  ...{ type: z.string(), from: z.string(), sequence: z.int(), payload: z.unknown() },
});
const Messages = z.array(z.object({ message: Message }));
const Page = z.looseObject({ data: Messages, nextReqMessageID: z.string(), isCompleted: z.boolean() });
const Text = z.strictObject({ text: z.string() });
const Group = z.object({
  group: z.looseObject({
    ...{ name: z.string(), joinOption: z.string(), ownerID: z.string(), memberCount: z.int() },
    ...{ nextMessageSeq: z.int(), selfInfo: z.looseObject({ role: z.string() }).optional() },
  }),
});
const Members = z.object({
  memberList: z.array(
    z.looseObject({ userID: z.string(), role: z.string(), nameCard: z.string(), muteUntil: z.int() }),
  ),
});
const Conversation = z.object({ conversation: z.looseObject({ unreadCount: z.int() }) });
const Notice = z.looseObject({
  ...{ operationType: z.int(), operatorID: z.string(), messageKey: z.int(), authentication: z.string() },
  groupProfile: z.looseObject({ groupID: z.string() }),
});

const JOIN_OPTIONS: Record<string, View["joinPolicy"]> = {
  ...{ FreeAccess: "free", NeedPermission: "approval", DisableApply: "closed" },
};
const ROLES: Record<string, View["role"]> = { Owner: "owner", Admin: "admin", Member: "member" };
const EVENTS: Record<number, string> = {
  ...{ 1: "joined", 2: "left", 3: "removed", 4: "role", 5: "role", 6: "profile", 7: "muted" },
};

/** The outcomes of codes where both actor and target are in the group. 10007 also says that they are not. */
const OUTCOMES: Record<number, Outcome> = {
  ...{ 10007: "forbidden", 2621: "forbidden", 2681: "forbidden", 2685: "forbidden", 10010: "not_found" },
  ...{ 2623: "not_found", 10017: "muted", 10024: "conflict", 10013: "conflict", 20007: "blocked" },
  429: "rate_limited",
};
const NOT_IN = [10_007, 2_681];

/** Ids by name, and names by id. */
const ids = new Map<string, number>();
const names = new Map<number, string>();

function know(people: Person[]): void {
  for (const { user } of people) {
    ids.set(user.username, user.id);
    names.set(user.id, user.username);
  }
}

async function idOf({ token }: SignedIn, username: string): Promise<number> {
  const known = ids.get(username);
  if (known !== undefined) return known;
  const answer = await call("GET", `/v1/users?username=${encodeURIComponent(username)}`, { token });
  const { items } = z.object({ items: z.tuple([z.object({ id: z.int() })]) }).parse(answer.body);
  ids.set(username, items[0].id);
  return items[0].id;
}

async function usernameOf({ token }: SignedIn, id: number): Promise<string> {
  const known = names.get(id);
  if (known !== undefined) return known;
  const answer = await call("GET", `/v1/users/${id}`, { token });
  const { username } = z.object({ username: z.string() }).parse(answer.body);
  names.set(id, username);
  return username;
}

/**
 * The API of the chat SDK, in a group of v1's kind. Calls that it lacks go over v1: sockets, read positions
 * except the newest, and actions on several users, which it performs in part where v1 refuses them all.
 */
export const tim: Surface = {
  ...v1,

  async create(owner, members, name, joinPolicy) {
    know([owner, ...members]);
    return v1.create(owner, members, name, joinPolicy);
  },

  async act(who, group, action) {
    know([who]);
    const request = await callOf(who, String(group), action);
    if (!request) return v1.act(who, group, action);
    return outcome(who, group, action, await ask(who, ...request));
  },

  async view(who, group) {
    know([who]);
    const view = await v1.view(who, group);
    if (!view) {
      await expectNone(who, group);
      return null;
    }
    const [own, history] = await Promise.all([seen(who, group), historyOf(who, group)]);
    return { ...view, ...own, history };
  },
};

/** Asserts that a user sees of a group what outsiders see, and nothing else. */
async function expectNone(who: Person, group: number): Promise<void> {
  const groupID = String(group);
  const [displayed, page, list] = await Promise.all([
    ask(who, "/group/getGroupProfile", { groupID }),
    ask(who, "/message/getMessageList", { conversationID: `GROUP${group}` }),
    ask(who, "/member/getGroupMemberList", { groupID }),
  ]);
  const profile = z.looseObject({ data: Group }).safeParse(displayed.body).data;
  expect(profile?.data.group.selfInfo).toBe(undefined);
  expect([2_500, 10_007, 10_010]).toContain(Failure.parse(page.body).code);
  expect([10_007, 10_010]).toContain(Failure.parse(list.body).code);
}

async function seen(who: Person, group: number) {
  const groupID = String(group);
  const { group: profile } = await data(Group, who, "/group/getGroupProfile", { groupID });
  const { memberList } = await data(Members, who, "/member/getGroupMemberList", { groupID, count: 100 });
  // Lists of users not concerned are updated a little later.
  const { conversation } = await data(Conversation, who, "/conversation/getConversationProfile", {
    conversationID: `GROUP${group}`,
  });
  const { joinOption, ownerID, memberCount, nextMessageSeq, selfInfo } = profile;
  return {
    ...{ name: profile.name, joinPolicy: JOIN_OPTIONS[joinOption] ?? "closed", memberCount },
    ...{ owner: await idOf(who, ownerID), role: roleOf(selfInfo?.role), lastSeq: nextMessageSeq - 1 },
    unread: conversation.unreadCount,
    members: await Promise.all(
      memberList.map(async ({ userID, role, nameCard, muteUntil }) => ({
        ...{ id: await idOf(who, userID), role: roleOf(role), muted: muteUntil > 0, card: nameCard },
      })),
    ),
  };
}

function roleOf(role: string | undefined): View["role"] {
  const known = role === undefined ? undefined : ROLES[role];
  if (!known) throw new Error(`${role} is no role`);
  return known;
}

async function historyOf(who: Person, group: number): Promise<Shown[]> {
  const pages: z.infer<typeof Messages>[] = [];
  for (let nextReqMessageID: string | undefined; ; ) {
    const body = { conversationID: `GROUP${group}`, nextReqMessageID };
    const page = Page.parse((await ask(who, "/message/getMessageList", body)).body);
    pages.unshift(page.data);
    if (page.isCompleted) break;
    nextReqMessageID = page.nextReqMessageID;
  }
  return Promise.all(pages.flat().map(({ message }) => shownOf(who, message)));
}

async function shownOf(
  who: Person,
  { type, from, sequence, payload }: z.infer<typeof Message>,
): Promise<Shown> {
  if (type === "TIMTextElem") {
    return { seq: sequence, by: await idOf(who, from), what: Text.parse(payload).text };
  }
  const { operatorID, operationType, userIDList } = Tip.parse(payload);
  const userIds = await Promise.all(userIDList.map((name) => idOf(who, name)));
  // A handover is a change of the profile here, and names the new owner.
  const event = operationType === 6 && userIds.length > 0 ? "owner" : (EVENTS[operationType] ?? "");
  return { seq: sequence, by: await idOf(who, operatorID), what: { event, userIds } };
}

async function callOf(
  who: Person,
  groupID: string,
  action: Action,
): Promise<[path: string, body: object] | undefined> {
  const name = (id: number) => usernameOf(who, id);
  switch (action.do) {
    case "say": {
      const request = { to: groupID, conversationType: "GROUP", payload: { text: action.text } };
      const { ID } = await data(z.looseObject({ ID: z.string() }), who, "/message/createMessage", request);
      return ["/message/sendMessage", { ID }];
    }
    case "add": {
      const [only, second] = action.whom;
      if (only === undefined || second !== undefined) return undefined;
      return ["/member/addGroupMember", { groupID, userIDList: [await name(only)] }];
    }
    case "join":
      return ["/group/joinGroup", { groupID, applyMessage: action.message }];
    case "decide": {
      const application = await applicationOf(who, groupID, action.application);
      if (!application) return undefined;
      return [
        "/group/handleGroupApplication",
        { handleAction: action.accept ? "Agree" : "Reject", application },
      ];
    }
    case "leave":
      return ["/group/quitGroup", { groupID }];
    case "remove":
      if (action.whom === who.user.id) return undefined;
      return ["/member/deleteGroupMember", { groupID, userIDList: [await name(action.whom)] }];
    case "role": {
      const role = action.role === "admin" ? "Admin" : "Member";
      return ["/member/setGroupMemberRole", { groupID, userID: await name(action.whom), role }];
    }
    case "mute":
      return [
        "/member/setGroupMemberMuteTime",
        { groupID, userID: await name(action.whom), muteTime: action.seconds },
      ];
    case "card":
      return [
        "/member/setGroupMemberNameCard",
        { groupID, userID: await name(action.whom), nameCard: action.card },
      ];
    case "hand over":
      return ["/group/changeGroupOwner", { groupID, newOwnerID: await name(action.whom) }];
    case "edit": {
      const option = Object.entries(JOIN_OPTIONS).find(([, policy]) => policy === action.joinPolicy);
      return ["/group/updateGroupProfile", { groupID, name: action.name, joinOption: option?.[0] }];
    }
    case "dissolve":
      return ["/group/dismissGroup", { groupID }];
    default:
      return undefined;
  }
}

/** The notification of a join request to a user. */
async function applicationOf(who: Person, groupID: string, id: number): Promise<object | undefined> {
  const answer = await ask(who, "/message/getMessageList", { conversationID: "@TIM#SYSTEM" });
  const found = Page.parse(answer.body)
    .data.map(({ message }) => Notice.parse(message.payload))
    .find(
      (notification) =>
        notification.operationType === 1 &&
        notification.messageKey === id &&
        notification.groupProfile.groupID === groupID,
    );
  if (!found) return undefined;
  const { operatorID: applicant, messageKey, authentication } = found;
  return { applicant, groupID, messageKey, authentication };
}

async function outcome(who: Person, group: number, action: Action, { body }: WireAnswer): Promise<Outcome> {
  const failed = Failure.safeParse(body).data;
  if (!failed) {
    const { data: said } = z.looseObject({ code: z.literal(0), data: z.looseObject({}) }).parse(body);
    if (said.status === "WaitAdminApproval") return "requested";
    if (Array.isArray(said.failureUserIDList) && said.failureUserIDList.length > 0) return "blocked";
    return "done";
  }
  if (NOT_IN.includes(failed.code) && !(await areIn(who, group, action))) return "not_found";
  // The owner's refusal to leave has no code of its own here.
  const known = action.do === "leave" && failed.code === 10_007 ? "conflict" : OUTCOMES[failed.code];
  if (!known) throw new Error(JSON.stringify(failed));
  return known;
}

async function areIn(who: Person, group: number, action: Action): Promise<boolean> {
  const view = await v1.view(who, group);
  if (!view || !("whom" in action) || typeof action.whom !== "number") return view !== null;
  return view.members.some(({ id }) => id === action.whom);
}
