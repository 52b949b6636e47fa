import { signedInUsers } from "../../../support/accounts/users.ts";
import { freshName, PASSWORD, register } from "../../../support/clients/api.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { success, tim } from "../client.ts";

/** Ann with a password and a profile; Bob, whom she blocks, and Cas; a free username. */
export async function createValues(): Promise<Values> {
  const ann = await register();
  const others = await signedInUsers(2);
  const [bob, cas] = [itemAt(others, 0), itemAt(others, 1)];
  success(await tim(ann, "/user/updateMyProfile", { nick: "Ann", profileCustomField: { floor: 3 } }));
  success(await tim(ann, "/user/addToBlacklist", { userIDList: [bob.user.username] }));
  return {
    ...{ password: PASSWORD, fresh: freshName("fresh") },
    ...{ ann: ann.user.username, "ann.token": ann.token },
    ...{ bob: bob.user.username, "bob.token": bob.token, cas: cas.user.username },
  };
}
