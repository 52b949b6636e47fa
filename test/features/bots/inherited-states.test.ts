import { beforeAll, describe, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call } from "../../support/clients/api.ts";
import { createGroup, expectAsked } from "../../support/clients/chat.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";
import { INHERITED, STATES, type State, THINGS } from "./inherited-states.ts";
import { TRIALS, type World } from "./inherited-things.ts";

/** Longer than the clock of a test moves. */
const LIFETIME_S = 7 * 86_400;

const STALE_MS = 60_000;

let key = "";
beforeAll(async () => {
  setTiming({ rules: { keepMs: 10_000, staleMs: STALE_MS } });
  key = (await makeServerKey(["users", "tokens", "moderate"])).text;
});

/** A group in which the maker is an admin. */
async function world(): Promise<World> {
  const users = await signedInUsers(4, LIFETIME_S);
  const [owner, maker] = [itemAt(users, 0), itemAt(users, 1)];
  const [reader, stranger] = [itemAt(users, 2), itemAt(users, 3)];
  const { id } = await createGroup(owner, [maker, reader]);
  await expectAsked(owner, id, "PATCH", `/members/${maker.user.id}`, { role: "admin" });
  return { key, id, owner, maker, reader, stranger };
}

const about = ({ maker }: World, rest = "") => userPath(maker.user.id, rest);
const suspend = (body: object) => (here: World) =>
  call("PUT", about(here, "/suspension"), { token: key, body });
const remove = (query: string) => (here: World) => call("DELETE", about(here, query), { token: key });
const inGroup = (method: string, path: string, body: object) => (here: World) =>
  expectAsked(here.owner, here.id, method, `${path}/${here.maker.user.id}`, body);

const HAPPENS: Record<State, (here: World) => Promise<{ status: number }>> = {
  suspended: suspend({}),
  shadowed: suspend({ shadow: true }),
  banned: inGroup("PUT", "/bans", {}),
  demoted: inGroup("PATCH", "/members", { role: "member" }),
  deleted: remove(""),
  erased: remove("?messages=erase"),
};

describe.each(["made", "kept"] as const)("%s", (when) => {
  const when_ = when === "made" ? "made by a user who is" : "of a user who is later";
  test.each(sampledPairs(THINGS, STATES))(`%s ${when_} %s`, async (thing, state) => {
    const here = await world();
    const expected = INHERITED[thing][state][when];
    const act = async () => {
      expect((await HAPPENS[state](here)).status).toBeLessThan(300);
      // What isolates know of users is old then: the next message has it read.
      advanceClock(STALE_MS + 1);
    };
    expect(await TRIALS[thing](here, when, act, expected)).toBe(expected);
  });
});
