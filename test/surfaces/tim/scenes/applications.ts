import { z } from "zod";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { noticesOf } from "../../../support/accounts/notices.ts";
import { signedIn } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { groupOf } from "../../../support/objects/core.ts";
import { at } from "../../../support/objects/room.ts";
import type { Scene } from "../../../support/surfaces/fixtures.ts";
import { data, nameOf, success, tim } from "../client.ts";

/**
 * Ann's public group with a member, to which three have applied: Bob, on whom nothing is decided; Cid, who was rejected;
 * and Dan, who came in by himself when everybody could for a while. And her full one, to which Eve has applied.
 */
export async function scene(): Promise<Scene> {
  const names = ["ann", "member", "outsider", "bob", "cid", "dan", "eve"];
  const all = new Map((await signedIn(names.length)).map((user, i) => [at(names, i), user]));
  const who = (name: string): SignedIn => {
    const found = all.get(name);
    if (!found) throw new Error(`nobody is called ${name}`);
    return found;
  };
  const ann = who("ann");
  const id = await groupOf("public", ann, [who("member")]);
  const full = await groupOfTwo(ann);
  const groupID = String(id);
  for (const name of ["bob", "cid", "dan"]) await apply(who(name), id);
  for (const name of ["eve", "member"]) await apply(who(name), full);
  const told = [...(await noticesOf(ann, id)), ...(await noticesOf(ann, full))];
  const applications = names.flatMap((name) => {
    const { application } =
      told.find(({ event, actorId }) => event === "applied" && actorId === who(name).user.id) ?? {};
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

/** A public group of somebody's, in which there is room for one more. */
async function groupOfTwo(owner: SignedIn): Promise<ConversationId> {
  const wanted = { name: "full", type: "Public", maxMemberNum: 2 };
  return (await data(Created, owner, "/group/createGroup", wanted)).group.groupID;
}

/** Decides over the second who has applied. */
async function decide({ token }: SignedIn, id: ConversationId, action: string): Promise<void> {
  await call("POST", `/v1/conversations/${id}/applications/2`, { token, body: { action } });
}

async function apply(who: SignedIn, id: number): Promise<void> {
  success(await tim(who, "/group/joinGroup", { groupID: String(id), applyMessage: "let me in" }));
}
