import { env } from "cloudflare:workers";
import { befriend, expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { freshName } from "../../../support/clients/api.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { nameOf, success, tim } from "../client.ts";

/**
 * Ann with a friend, Bob, in her group of friends. Cas has asked her for friendship, and she has asked Dan.
 * One user blocks her, one wants no requests, and one has a hundred groups of friends.
 */
export async function createValues(): Promise<Values> {
  const names = ["ann", "bob", "cas", "dan", "eve", "blocker", "closed", "full"];
  const users = await signedInUsers(names.length);
  const [ann, bob, cas, dan] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2), itemAt(users, 3)];
  const [blocker, closed, full] = [itemAt(users, 5), itemAt(users, 6), itemAt(users, 7)];
  await befriend(ann, bob);
  const group = { name: "work", userIDList: [nameOf(bob)] };
  success(await tim(ann, "/friend/createFriendGroup", group));
  success(await tim(cas, "/friend/addFriend", { to: nameOf(ann), wording: "let me in" }));
  success(await tim(ann, "/friend/addFriend", { to: nameOf(dan) }));
  await expectFriendCall("PUT blocks", blocker, ann);
  success(await tim(closed, "/user/updateMyProfile", { allowType: "AllowType_Type_DenyAny" }));
  const names100 = JSON.stringify(Array.from({ length: 100 }, (_, i) => `g${i}`));
  await env.DB.prepare("INSERT INTO friend_groups SELECT ?, value, 0 FROM json_each(?)")
    .bind(full.user.id, names100)
    .run();
  const named = names.flatMap((name, i) => {
    const user = itemAt(users, i);
    return [
      [name, nameOf(user)],
      [`${name}.token`, user.token],
    ];
  });
  return { ...Object.fromEntries(named), fresh: freshName("fresh") };
}
