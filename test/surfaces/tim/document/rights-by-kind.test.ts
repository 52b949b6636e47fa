import { describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { createGroupId, itemAt } from "../../../support/objects/room.ts";
import { sampledPairs } from "../../../support/sampled-cases.ts";
import { Failure, nameOf, success, tim } from "../client.ts";
import {
  ACTIONS,
  type Action,
  ENDINGS,
  type GroupRole,
  KINDS,
  type Kind,
  ROLES,
  TABLE,
  withAdmins,
  YES,
} from "./rights.ts";

/** A group with a user of each role, and members enough to act on. */
interface TestGroup {
  groupID: string;
  who: Record<GroupRole, SignedIn>;
  /** a member who only looks */
  witness: SignedIn;
  /** a member to act on, another one each time */
  member: () => SignedIn;
  admin: () => SignedIn;
  /** a user outside of the group */
  stranger: SignedIn;
}

async function createTestGroup(kind: Kind): Promise<TestGroup> {
  const people = await signedInUsers(14);
  const [owner, admin, member, outsider, witness, stranger] = people;
  if (!owner || !admin || !member || !outsider || !witness || !stranger) throw new Error("there are 14");
  const admins = withAdmins(kind) ? [admin, ...people.slice(6, 9)] : [];
  const members = [member, witness, ...people.slice(9)];
  const groupID = await made(kind, owner, admins, members);
  const [spare, spareAdmins] = [people.slice(9), people.slice(6, 9)];
  return {
    ...{ groupID, witness, stranger, who: { owner, admin, member, outsider } },
    member: () => itemAt(spare.splice(0, 1), 0),
    admin: () => itemAt(spareAdmins.splice(0, 1), 0),
  };
}

/** The code for a group that does not exist. */
const UNKNOWN = 10_010;

const Made = z.object({ group: z.object({ groupID: z.string(), type: z.string() }) });

async function made(kind: Kind, owner: SignedIn, admins: SignedIn[], members: SignedIn[]): Promise<string> {
  if (kind === "v1") {
    const id = await createGroupId(owner, ...admins, ...members);
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
  // Members of such a group join by themselves.
  const isOpen = kind === "AVChatRoom";
  const answer = success(
    await tim(owner, "/group/createGroup", { name: kind, type: kind, ...(!isOpen && { memberList }) }),
  );
  const { groupID } = Made.parse(answer.data).group;
  if (isOpen)
    await Promise.all(members.map(async (one) => success(await tim(one, "/group/joinGroup", { groupID }))));
  return groupID;
}

/** The call of each action. */
const CALLS: Record<Action, (group: TestGroup) => [path: string, fields: object]> = {
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

/** Everything that a member can see of the group. */
async function seen({ groupID, witness }: TestGroup): Promise<string> {
  const calls = ["/group/getGroupProfile", "/member/getGroupMemberList"];
  const answers = await Promise.all(calls.map((path) => tim(witness, path, { groupID })));
  return JSON.stringify(answers.map(({ body }) => body));
}

/**
 * Makes a user perform these actions in turn, and asserts the code of each by the table. Refusals must change
 * nothing: that is checked before the next action that succeeds, and at the end.
 */
async function walk(kind: Kind, role: GroupRole, actions: readonly Action[]): Promise<void> {
  const group = await createTestGroup(kind);
  let before = await seen(group);
  const same: string[] = [];
  const remains = async () => {
    if (same.length > 0) expect(await seen(group), same.join("; ")).toBe(before);
    same.length = 0;
  };
  for (const action of actions) {
    const listed = TABLE[action][kind]?.[ROLES.indexOf(role)] ?? null;
    // A group of another API is to strangers like one that does not exist.
    const expected = kind === "v1" && role === "outsider" && listed !== null ? UNKNOWN : listed;
    if (expected === null) continue;
    const isSame = expected !== YES || action === "list members";
    if (!isSame) await remains();
    const [path, fields] = CALLS[action](group);
    const { status, body } = await tim(group.who[role], path, { groupID: group.groupID, ...fields });
    const what = `${action}: ${JSON.stringify(body)}`;
    expect([status, z.object({ code: z.int() }).parse(body).code], what).toEqual([200, expected]);
    if (expected !== YES) Failure.parse(body);
    if (isSame) {
      same.push(what);
      continue;
    }
    const after = await seen(group);
    expect(after, what).not.toBe(before);
    before = after;
  }
  await remains();
}

describe("rights in a group of the kind", () => {
  const ROLES_BY_KIND = [
    ...sampledPairs(KINDS.filter(withAdmins), ROLES),
    ...sampledPairs(
      KINDS.filter((kind) => !withAdmins(kind)),
      ROLES.filter((role) => role !== "admin"),
    ),
  ];

  test.each(sampledPairs(KINDS, ENDINGS))("%s: of its owner, to %s", (kind, ending) =>
    walk(kind, "owner", [ending]),
  );

  test.each(ROLES_BY_KIND)("%s: of any %s", (kind, role) =>
    walk(kind, role, role === "owner" ? ACTIONS : [...ACTIONS, ...ENDINGS]),
  );
});
