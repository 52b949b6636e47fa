import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import { call } from "../../support/clients/api.ts";
import { expectAsked } from "../../support/clients/chat.ts";
import { setTiming } from "../../support/timing.ts";
import { type NoticedOn, STATES, type State, TABLE } from "./document.ts";
import { isAbout, WAYS, wayOf } from "./ways.ts";
import { type Place, type Seen, seenOf, World } from "./world.ts";

let key = "";

beforeAll(async () => {
  setTiming({
    push: { graceMs: 0, changeMs: 0 },
    ...{ fanout: { cooldownMs: 1 }, changes: { intervalMs: 1 }, typing: { intervalMs: 0 } },
  });
  key = (await makeServerKey(["hooks", "users", "moderate"])).text;
});

afterAll(() => rules());

async function rules(...items: object[]): Promise<void> {
  const answer = await call("PUT", "/v1/moderation/rules", { token: key, body: { items } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

const about = ({ person }: World, rest = "") => userPath(person.user.id, rest);
const suspend = async (world: World, body: object) => {
  const { status } = await call("PUT", about(world, "/suspension"), { token: key, body });
  expect(status).toBe(204);
};

/** How a person gets into a state. */
const ENTER: Record<State, (world: World) => Promise<unknown>> = {
  active: async () => undefined,
  suspended: (world) => suspend(world, {}),
  "in the shadow": (world) => suspend(world, { shadow: true }),
  muted: ({ owner, id, person }) =>
    expectAsked(owner, id, "PATCH", `/members/${person.user.id}`, { muted_for_s: 30 * 86_400 }),
  banned: ({ owner, id, person }) => expectAsked(owner, id, "PUT", `/bans/${person.user.id}`),
  deleted: async (world) => {
    expect((await call("DELETE", about(world), { token: key })).status).toBeLessThan(300);
  },
  held: () => rules({ id: "w", match: { pattern: "w[0-9][0-9]x" }, action: "hold" }),
};

interface Played {
  isRefused: boolean;
  places: Set<NoticedOn>;
}

/** Plays all ways in a state. @returns what has become of each */
async function played(state: State): Promise<Map<string, Seen>> {
  // The first message in the state has the rules read: it is in force at once.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  const world = await World.make(key);
  const places = new Map<string, Place>();
  await Promise.all(
    Object.keys(WAYS).map(async (name, i) => {
      const mark = `w${String(i).padStart(2, "0")}x`;
      places.set(name, { mark, seq: (await wayOf(name).before?.(world, mark)) ?? 0 });
    }),
  );
  await ENTER[state](world);
  await world.begin();
  // From now on they are known: what waits for them shows nothing of a draft.
  setTiming({ rules: { keepMs: Infinity, staleMs: Infinity } });
  const found = new Map<string, Played>();
  for (const name of Object.keys(WAYS)) {
    const place = places.get(name) ?? { mark: "", seq: 0 };
    const { prepare, act } = wayOf(name);
    if (prepare) {
      await prepare(world, place);
      await world.look();
    }
    const isTaken = await act(world, place);
    // Nothing comes of what is refused: that is looked at once for all that follow each other.
    found.set(name, { isRefused: !isTaken, places: isTaken ? await world.look() : new Set() });
  }
  expect(await world.look(), "refused ones").toEqual(new Set());
  if (state === "held") await rules();
  const told = await world.told();
  world.close();
  return new Map(
    [...found].map(([name, { isRefused, places: at }]) => {
      const place = places.get(name) ?? { mark: "", seq: 0 };
      for (const where of ["sockets", "loads", "hooks", "bots", "exports"] as const)
        if (told[where].some((one) => isAbout(one, world, place, wayOf(name)))) at.add(where);
      return [name, seenOf(isRefused, at)];
    }),
  );
}

test("the table has a row for each way", () => {
  expect(new Set(TABLE.keys())).toEqual(new Set(Object.keys(WAYS).map((name) => wayOf(name).row ?? name)));
});

describe("what a person causes, and who notices it", () => {
  test.each(STATES)("%s", async (state) => {
    const seen = [...(await played(state))].map(([name, { outcome, noticedOn }]) => {
      const row = TABLE.get(wayOf(name).row ?? name);
      // In the table is where others notice it at most: who is banned is in no list of members.
      const isAsActive = state === "active" || !noticedOn.every((place) => row?.noticedOn.includes(place));
      return `${name}: ${outcome} ${isAsActive ? noticedOn.join(", ") : ""}`;
    });
    const expected = Object.keys(WAYS).map((name) => {
      const row = TABLE.get(wayOf(name).row ?? name);
      const isListed = state === "active" && row;
      return `${name}: ${row?.outcomes[state]} ${isListed ? row.noticedOn.join(", ") : ""}`;
    });
    expect(seen).toEqual(expected);
  });
});
