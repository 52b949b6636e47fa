import { signedInUsers } from "../../../support/accounts/users.ts";
import { createGroupOfKind } from "../../../support/objects/core.ts";
import type { Values } from "../../../support/surfaces/matching.ts";

/** Ann owns a public group with Bob and Cid, and a private one and a livestream with Bob. Dan is in none. */
export async function createValues(): Promise<Values> {
  const [ann, bob, cid, dan] = await signedInUsers(4);
  if (!ann || !bob || !cid || !dan) throw new Error("there are four");
  const named = Object.entries({ ann, bob, cid, dan }).flatMap(([name, { user, token }]) => [
    [name, user.username],
    [`${name}.token`, token],
  ]);
  return {
    ...Object.fromEntries(named),
    public: String(await createGroupOfKind("public", ann, [bob, cid])),
    private: String(await createGroupOfKind("private", ann, [bob])),
    live: String(await createGroupOfKind("livestream", ann, [bob])),
  };
}
