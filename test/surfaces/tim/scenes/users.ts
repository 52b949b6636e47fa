import { signedIn } from "../../../support/accounts/users.ts";
import { freshName, PASSWORD, register } from "../../../support/clients/api.ts";
import { at } from "../../../support/objects/room.ts";
import type { Scene } from "../../../support/surfaces/fixtures.ts";
import { success, tim } from "../client.ts";

/** Ann, who has a password and a profile; Bob and Cas, of whom she blocks Bob; and names that are nobody's yet. */
export async function scene(): Promise<Scene> {
  const ann = await register();
  const others = await signedIn(2);
  const [bob, cas] = [at(others, 0), at(others, 1)];
  success(await tim(ann, "/user/updateMyProfile", { nick: "Ann", profileCustomField: { floor: 3 } }));
  success(await tim(ann, "/user/addToBlacklist", { userIDList: [bob.user.username] }));
  return {
    ...{ password: PASSWORD, fresh: freshName("fresh") },
    ...{ ann: ann.user.username, "ann.token": ann.token },
    ...{ bob: bob.user.username, "bob.token": bob.token, cas: cas.user.username },
  };
}
