import { PASSWORD } from "../../support/clients/api.ts";
import { openDirect } from "../../support/clients/chat.ts";
import { RULE_KEY } from "../usersig/client.ts";
import { appkey, id, nameOf, type Row, tim, usersig, v1 } from "./scene.ts";

/** Calls that are refused, and calls that are done and are no security events. */
export const SILENT: [string, Row["run"], ("done" | "refused")?][] = [
  [
    "v1: a name that is taken",
    ({ ann }) => v1(undefined, "POST", "/register", { username: nameOf(ann), password: PASSWORD }),
  ],
  [
    "tim: a name that is taken",
    ({ ann }) =>
      tim(undefined, "/register", { username: nameOf(ann), email: "a@example.com", password: PASSWORD }),
  ],
  [
    "v1: a password that is too short",
    ({ name }) => v1(undefined, "POST", "/register", { username: name, password: "x" }),
  ],
  ["v1: a token that is not valid", () => v1("x", "POST", "/logout")],
  ["v1: an unknown session", ({ ann }) => v1(ann.token, "DELETE", `/sessions/${"0".repeat(32)}`)],
  ["v1: an owner's account", ({ owner }) => v1(owner.token, "DELETE", "/me", { password: PASSWORD })],
  [
    "v1: a role from a plain member",
    ({ ann, bob, id: group }) =>
      v1(ann.token, "PATCH", `/conversations/${group}/members/${id(bob)}`, { role: "admin" }),
  ],
  [
    "v1: ownership from a plain member",
    ({ ann, bob, id: group }) => v1(ann.token, "POST", `/conversations/${group}/owner`, { user_id: id(bob) }),
  ],
  [
    "v1: a removal by a plain member",
    ({ ann, bob, id: group }) => v1(ann.token, "DELETE", `/conversations/${group}/members/${id(bob)}`),
  ],
  [
    "v1: a ban by a plain member",
    ({ ann, bob, id: group }) => v1(ann.token, "PUT", `/conversations/${group}/bans/${id(bob)}`, {}),
  ],
  [
    "v1: an invitation by a plain member",
    ({ ann, id: group }) => v1(ann.token, "POST", `/conversations/${group}/invitations`, {}),
  ],
  [
    "v1: a withdrawal of no invitation",
    ({ owner, id: group }) => v1(owner.token, "DELETE", `/conversations/${group}/invitations/x`),
    "done",
  ],
  [
    "v1: a member who leaves",
    ({ ann, id: group }) => v1(ann.token, "DELETE", `/conversations/${group}/members/${id(ann)}`),
    "done",
  ],
  [
    "v1: a name card",
    ({ ann, id: group }) =>
      v1(ann.token, "PATCH", `/conversations/${group}/members/${id(ann)}`, { name_card: "Ann" }),
    "done",
  ],
  [
    "v1: a group that a member cannot dissolve",
    ({ ann, id: group }) => v1(ann.token, "DELETE", `/conversations/${group}`),
  ],
  [
    "v1: a direct conversation that is deleted",
    async ({ ann, bob }) => v1(ann.token, "DELETE", `/conversations/${(await openDirect(ann, bob)).id}`),
    "done",
  ],
  [
    "tim: a role from a plain member",
    ({ ann, bob, id: groupID }) =>
      tim(ann.token, "/group/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Admin" }),
  ],
  [
    "tim: ownership from a plain member",
    ({ ann, bob, id: groupID }) =>
      tim(ann.token, "/group/changeGroupOwner", { groupID, newOwnerID: nameOf(bob) }),
  ],
  [
    "tim: a removal of which one part is refused",
    ({ owner, ann, name, id: groupID }) =>
      tim(owner.token, "/group/deleteGroupMember", { groupID, userIDList: [nameOf(ann), name] }),
  ],
  [
    "tim: a group that a member cannot dissolve",
    ({ ann, id: groupID }) => tim(ann.token, "/group/dismissGroup", { groupID }),
  ],
  [
    "usersig: a user_sig for a user with a password",
    ({ ann }) => usersig("/get-user-sig", nameOf(ann), RULE_KEY),
  ],
  ["appkey: no key", ({ ann }) => appkey(undefined, ann.token)],
];
