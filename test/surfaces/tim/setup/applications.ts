import { z } from "zod";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { notificationsOf } from "../../../support/accounts/notifications.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { createGroupOfKind } from "../../../support/objects/core.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { data, nameOf, success, tim } from "../client.ts";

/**
 * Ann's public group with a member, and three join requests: Bob's is open, Cid's was rejected, and Dan
 * joined by himself while that was free. Ann's full group, with a request of Eve's.
 */
export async function createValues(): Promise<Values> {
  const names = ["ann", "member", "outsider", "bob", "cid", "dan", "eve"];
  const all = new Map((await signedInUsers(names.length)).map((user, i) => [itemAt(names, i), user]));
  const who = (name: string): SignedIn => {
    const found = all.get(name);
    if (!found) throw new Error(`no user is called ${name}`);
    return found;
  };
  const ann = who("ann");
  const id = await createGroupOfKind("public", ann, [who("member")]);
  const full = await groupOfTwo(ann);
  const groupID = String(id);
  for (const name of ["bob", "cid", "dan"]) await apply(who(name), id);
  for (const name of ["eve", "member"]) await apply(who(name), full);
  const notifications = [...(await notificationsOf(ann, id)), ...(await notificationsOf(ann, full))];
  const applications = names.flatMap((name) => {
    const { application } =
      notifications.find(({ event, actorId }) => event === "applied" && actorId === who(name).user.id) ?? {};
    if (!application) return [];
    return [
      [`${name}.key`, application.id],
      [`${name}.authentication`, application.authentication],
    ];
  });
  await decide(ann, id, "reject");
  await decide(ann, full, "accept");
  for (const joinOption of ["FreeAccess", "NeedPermission"]) {
    success(await tim(ann, "/group/updateGroupProfile", { groupID, joinOption }));
    if (joinOption === "FreeAccess") success(await tim(who("dan"), "/group/joinGroup", { groupID }));
  }
  const everybody = names.flatMap((name) => [
    [name, nameOf(who(name))],
    [`${name}.token`, who(name).token],
  ]);
  return { ...Object.fromEntries([...everybody, ...applications]), group: groupID, full: String(full) };
}

const Created = z.object({ group: z.looseObject({ groupID: z.coerce.number().pipe(ConversationId) }) });

/** Creates a public group with room for one more. */
async function groupOfTwo(owner: SignedIn): Promise<ConversationId> {
  const fields = { name: "full", type: "Public", maxMemberNum: 2 };
  return (await data(Created, owner, "/group/createGroup", fields)).group.groupID;
}

/** Decides on the second join request. */
async function decide({ token }: SignedIn, id: ConversationId, action: string): Promise<void> {
  await call("POST", `/v1/conversations/${id}/applications/2`, { token, body: { action } });
}

async function apply(who: SignedIn, id: number): Promise<void> {
  success(await tim(who, "/group/joinGroup", { groupID: String(id), applyMessage: "let me in" }));
}
