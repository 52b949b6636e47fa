import { signedInUsers } from "../../../support/accounts/users.ts";
import { freshName, type SignedIn } from "../../../support/clients/api.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { nameOf, success, tim } from "../client.ts";

/** Ann's groups, two of them with Bob, and one of Bob's. Cid is in none. */
export async function createValues(): Promise<Values> {
  const all = await signedInUsers(3);
  const [ann, bob, cid] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2)];
  const memberList = [{ userID: nameOf(bob) }];
  const free = { type: "Public", joinOption: "FreeAccess" };
  const groupCustomField = [{ key: "city", value: "北京" }];
  const groups = await Promise.all([
    create(ann, "open", { ...free, memberList, groupCustomField }),
    create(ann, "closed", { ...free, joinOption: "DisableApply" }),
    create(ann, "asking", { type: "Public" }),
    create(ann, "full", { ...free, maxMemberNum: 1 }),
    create(ann, "private", { memberList }),
    create(ann, "live", { type: "AVChatRoom" }),
    create(bob, "bobs", free),
  ]);
  return {
    ...{ ann: nameOf(ann), "ann.token": ann.token, bob: nameOf(bob), "bob.token": bob.token },
    ...{ cid: nameOf(cid), "cid.token": cid.token, fresh: freshName("fresh") },
    ...Object.fromEntries(groups),
  };
}

async function create(owner: SignedIn, name: string, fields: object): Promise<[string, string]> {
  const groupID = freshName(name);
  success(await tim(owner, "/group/createGroup", { name, groupID, ...fields }));
  return [name, groupID];
}
