import { signedIn } from "../../../support/accounts/users.ts";
import { groupOf } from "../../../support/objects/core.ts";
import type { Scene } from "../../../support/surfaces/fixtures.ts";

/** Ann, who owns a public group of herself, Bob and Cid, and with Bob a private one and a livestream; and Dan. */
export async function scene(): Promise<Scene> {
  const [ann, bob, cid, dan] = await signedIn(4);
  if (!ann || !bob || !cid || !dan) throw new Error("there are four");
  const named = Object.entries({ ann, bob, cid, dan }).flatMap(([name, { user, token }]) => [
    [name, user.username],
    [`${name}.token`, token],
  ]);
  return {
    ...Object.fromEntries(named),
    public: String(await groupOf("public", ann, [bob, cid])),
    private: String(await groupOf("private", ann, [bob])),
    live: String(await groupOf("livestream", ann, [bob])),
  };
}
