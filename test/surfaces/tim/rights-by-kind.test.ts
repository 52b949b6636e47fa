import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedIn } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { at, newGroup } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { data, Failure, nameOf, success, tim } from "./client.ts";
import {
  ACTIONS,
  type Action,
  ENDINGS,
  KINDS,
  type Kind,
  NO,
  STANDINGS,
  type Standing,
  TABLE,
  withAdmins,
  YES,
} from "./document/rights.ts";

// A list follows the conversation at once: polling for it costs a call each time.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** A group with somebody of each standing, and members enough to do things to. */
interface Stage {
  groupID: string;
  who: Record<Standing, SignedIn>;
  /** does nothing but look */
  witness: SignedIn;
  /** somebody to act on, another one for each action */
  member: () => SignedIn;
  admin: () => SignedIn;
  /** somebody who is not in it */
  stranger: SignedIn;
}

async function stageOf(kind: Kind): Promise<Stage> {
  const people = await signedIn(14);
  const [owner, admin, member, outsider, witness, stranger] = people;
  if (!owner || !admin || !member || !outsider || !witness || !stranger) throw new Error("there are 14");
  const admins = withAdmins(kind) ? [admin, ...people.slice(6, 9)] : [];
  const members = [member, witness, ...people.slice(9)];
  const groupID = await made(kind, owner, admins, members);
  const [spare, spareAdmins] = [people.slice(9), people.slice(6, 9)];
  return {
    ...{ groupID, witness, stranger, who: { owner, admin, member, outsider } },
    member: () => at(spare.splice(0, 1), 0),
    admin: () => at(spareAdmins.splice(0, 1), 0),
  };
}

const Made = z.object({ group: z.object({ groupID: z.string(), type: z.string() }) });

async function made(kind: Kind, owner: SignedIn, admins: SignedIn[], members: SignedIn[]): Promise<string> {
  if (kind === "v1") {
    const id = await newGroup(owner, ...admins, ...members);
    for (const { user } of admins) {
      const path = `/v1/conversations/${id}/members/${user.id}`;
      const given = await call("PATCH", path, { token: owner.token, body: { role: "admin" } });
      expect(given.status).toBe(200);
    }
    return String(id);
  }
  const memberList = [
    ...admins.map((one) => ({ userID: nameOf(one), role: "Admin" })),
    ...members.map((one) => ({ userID: nameOf(one) })),
  ];
  // Whoever is in such a one has come by himself.
  const isOpen = kind === "AVChatRoom";
  const answer = success(
    await tim(owner, "/group/createGroup", { name: kind, type: kind, ...(!isOpen && { memberList }) }),
  );
  const { groupID } = Made.parse(answer.data).group;
  if (isOpen)
    await Promise.all(members.map(async (one) => success(await tim(one, "/group/joinGroup", { groupID }))));
  return groupID;
}

/** Each action as a call. */
const CALLS: Record<Action, (stage: Stage) => [path: string, fields: object]> = {
  "list members": () => ["/member/getGroupMemberList", {}],
  "set one's own card": () => ["/member/setGroupMemberNameCard", { nameCard: "x" }],
  "edit the profile": () => ["/group/updateGroupProfile", { introduction: "other" }],
  "mute a member": ({ member }) => [
    "/member/setGroupMemberMuteTime",
    { userID: nameOf(member()), muteTime: 600 },
  ],
  "mute an admin": ({ admin }) => [
    "/member/setGroupMemberMuteTime",
    { userID: nameOf(admin()), muteTime: 600 },
  ],
  "mute all": () => ["/group/updateGroupProfile", { muteAllMembers: true }],
  "make an admin": ({ member }) => [
    "/member/setGroupMemberRole",
    { userID: nameOf(member()), role: "Admin" },
  ],
  "unmake an admin": ({ admin }) => [
    "/member/setGroupMemberRole",
    { userID: nameOf(admin()), role: "Member" },
  ],
  "add somebody": ({ stranger }) => ["/member/addGroupMember", { userIDList: [nameOf(stranger)] }],
  "remove a member": ({ member }) => ["/member/deleteGroupMember", { userIDList: [nameOf(member())] }],
  "remove an admin": ({ admin }) => ["/member/deleteGroupMember", { userIDList: [nameOf(admin())] }],
  "hand it over": ({ member }) => ["/group/changeGroupOwner", { newOwnerID: nameOf(member()) }],
  dismiss: () => ["/group/dismissGroup", {}],
  quit: () => ["/group/quitGroup", {}],
};

/** All that a member can see of the group. */
async function seen({ groupID, witness }: Stage): Promise<string> {
  const calls = ["/group/getGroupProfile", "/member/getGroupMemberList"];
  const answers = await Promise.all(calls.map((path) => tim(witness, path, { groupID })));
  return JSON.stringify(answers.map(({ body }) => body));
}

/**
 * Has somebody do these in turn. Each is answered as the table has it. What is refused in a row has changed nothing, as
 * is seen before the next one that succeeds, and in the end.
 */
async function walk(kind: Kind, standing: Standing, actions: readonly Action[]): Promise<void> {
  const stage = await stageOf(kind);
  let before = await seen(stage);
  const same: string[] = [];
  const remains = async () => {
    if (same.length > 0) expect(await seen(stage), same.join("; ")).toBe(before);
    same.length = 0;
  };
  for (const action of actions) {
    const wanted = TABLE[action][kind]?.[STANDINGS.indexOf(standing)] ?? null;
    if (wanted === null) continue;
    const isSame = wanted !== YES || action === "list members";
    if (!isSame) await remains();
    const [path, fields] = CALLS[action](stage);
    const { status, body } = await tim(stage.who[standing], path, { groupID: stage.groupID, ...fields });
    const what = `${action}: ${JSON.stringify(body)}`;
    expect([status, z.object({ code: z.int() }).parse(body).code], what).toEqual([200, wanted]);
    if (wanted !== YES) Failure.parse(body);
    if (isSame) {
      same.push(what);
      continue;
    }
    const after = await seen(stage);
    expect(after, what).not.toBe(before);
    before = after;
  }
  await remains();
}

describe.each(KINDS)("in a group of the kind %s", (kind) => {
  test("what its owner may", async () => {
    await walk(kind, "owner", ACTIONS);
    for (const action of ENDINGS) await walk(kind, "owner", [action]);
  });

  test.each(STANDINGS.slice(1))("what any %s may", async (standing) => {
    if (standing === "admin" && !withAdmins(kind)) return;
    await walk(kind, standing, [...ACTIONS, ...ENDINGS]);
  });
});

/** What whoever is not in it becomes by asking, as the group is set; a code where he is refused. */
const WAYS_IN: Record<Kind, Record<"FreeAccess" | "NeedPermission" | "DisableApply", string | number>> = {
  Private: { FreeAccess: 2_601, NeedPermission: 2_601, DisableApply: 2_601 },
  Public: { FreeAccess: "JoinedSuccess", NeedPermission: "WaitAdminApproval", DisableApply: NO },
  ChatRoom: free(),
  Community: free(),
  AVChatRoom: free(),
  v1: { FreeAccess: "JoinedSuccess", NeedPermission: "WaitAdminApproval", DisableApply: NO },
};

function free() {
  const joined = "JoinedSuccess";
  return { FreeAccess: joined, NeedPermission: joined, DisableApply: joined };
}

const V1_POLICIES = { FreeAccess: "free", NeedPermission: "approval", DisableApply: "closed" };
const JOIN_OPTIONS = ["FreeAccess", "NeedPermission", "DisableApply"] as const;

describe.each(KINDS)("into a group of the kind %s", (kind) => {
  test.each(JOIN_OPTIONS)("one comes by himself as it is set, to %s", async (joinOption) => {
    const [owner, member, newcomer] = await signedIn(3);
    if (!owner || !member || !newcomer) throw new Error("there are three");
    const groupID = await opened(kind, joinOption, owner, member);
    const join = (who: SignedIn) => tim(who, "/group/joinGroup", { groupID, applyMessage: "me?" });
    const wanted = WAYS_IN[kind][joinOption];
    const { body } = await join(newcomer);
    if (typeof wanted === "number") expect(body).toMatchObject({ code: wanted });
    else expect(body).toMatchObject({ code: 0, data: { status: wanted } });
    const isIn = wanted === "JoinedSuccess";
    const listed = await tim(newcomer, "/member/getGroupMemberList", { groupID });
    expect(listed.body).toMatchObject(isIn ? { data: { memberList: { length: 3 } } } : { code: NO });
    expect((await join(member)).body).toMatchObject({ data: { status: "AlreadyInGroup" } });
  });

  test("one waits for permission where nothing else is said, or needs none", async () => {
    const [owner, newcomer] = await signedIn(2);
    if (!owner || !newcomer) throw new Error("there are two");
    const groupID = await made(kind, owner, [], []);
    const { body } = await tim(newcomer, "/group/joinGroup", { groupID });
    const wanted = WAYS_IN[kind].NeedPermission;
    expect(body).toMatchObject(typeof wanted === "number" ? { code: wanted } : { data: { status: wanted } });
  });
});

/** A group which is set so, of two. */
async function opened(
  kind: Kind,
  joinOption: keyof typeof V1_POLICIES,
  owner: SignedIn,
  member: SignedIn,
): Promise<string> {
  if (kind === "v1") {
    const body = {
      kind: "group",
      name: "v1",
      member_ids: [member.user.id],
      join_policy: V1_POLICIES[joinOption],
    };
    const answer = await call("POST", "/v1/conversations", { token: owner.token, body });
    return String(z.object({ id: z.int() }).parse(answer.body).id);
  }
  const memberList = kind === "AVChatRoom" ? [] : [{ userID: nameOf(member) }];
  const wanted = { name: kind, type: kind, joinOption, memberList };
  const { groupID } = Made.parse(success(await tim(owner, "/group/createGroup", wanted)).data).group;
  if (kind === "AVChatRoom") success(await tim(member, "/group/joinGroup", { groupID }));
  return groupID;
}

/** Whether messages count as unread, and whether whoever comes sees what was before. */
const SIGHT: Record<Kind, { unread: boolean; history: boolean }> = {
  Private: { unread: true, history: false },
  Public: { unread: true, history: false },
  ChatRoom: { unread: false, history: true },
  Community: { unread: true, history: true },
  AVChatRoom: { unread: false, history: false },
  v1: { unread: true, history: false },
};

test.each(KINDS)("what is unread in a group of the kind %s, and what who comes to it sees", async (kind) => {
  const [owner, member, newcomer] = await signedIn(3);
  if (!owner || !member || !newcomer) throw new Error("there are three");
  const groupID = await opened(kind, "FreeAccess", owner, member);
  const { unread, history } = SIGHT[kind];
  await say(owner, groupID, "before");
  const userIDList = [nameOf(newcomer)];
  if (kind === "Private") success(await tim(member, "/member/addGroupMember", { groupID, userIDList }));
  else success(await tim(newcomer, "/group/joinGroup", { groupID }));
  expect(await texts(newcomer, groupID)).toEqual(history ? ["before"] : []);
  expect(await unreadOf(newcomer, groupID)).toBe(0);
  await say(owner, groupID, "after");
  expect(await texts(newcomer, groupID)).toEqual(history ? ["before", "after"] : ["after"]);
  expect(await texts(member, groupID)).toEqual(["before", "after"]);
  // Lists of groups follow a little later.
  await expect.poll(() => unreadOf(newcomer, groupID)).toBe(unread ? 1 : 0);
  await expect.poll(() => unreadOf(member, groupID)).toBe(unread ? 2 : 0);
});

async function say(who: SignedIn, groupID: string, text: string): Promise<void> {
  const wanted = { to: groupID, conversationType: "GROUP", payload: { text } };
  const made = await data(z.looseObject({ ID: z.string() }), who, "/message/createMessage", wanted);
  await data(
    z.object({ message: z.object({ status: z.literal("success") }) }),
    who,
    "/message/sendMessage",
    made,
  );
}

const Texts = z.array(z.object({ message: z.object({ type: z.string(), payload: z.looseObject({}) }) }));

/** What somebody reads in a group, but for tips. */
async function texts(who: SignedIn, groupID: string): Promise<unknown[]> {
  const found = await data(Texts, who, "/message/getMessageList", { conversationID: `GROUP${groupID}` });
  return found
    .filter(({ message }) => message.type === "TIMTextElem")
    .map(({ message }) => message.payload.text);
}

const Listed = z.array(z.looseObject({ conversationID: z.string(), unreadCount: z.int() }));

async function unreadOf(who: SignedIn, groupID: string): Promise<number | undefined> {
  const list = await data(Listed, who, "/conversation/getConversationList", {});
  return list.find(({ conversationID }) => conversationID === `GROUP${groupID}`)?.unreadCount;
}
