import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { BOTS_COUNT, DEFAULT_QUOTAS, type QuotaName } from "../../../src/domain/quotas.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, expectAsked } from "../../support/clients/chat.ts";
import { upload } from "../../support/clients/files.ts";
import { postScheduled } from "../../support/clients/scheduled.ts";
import { freezeClock } from "../../support/clock.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { setQuotas } from "../../support/settings.ts";

const MIB = 1024 * 1024;
/** Of each quota; of files so many MiB. */
const LIMIT = 2;

type Counted = "maker" | "share" | "bot" | "nobody";
type Namely<For extends Counted> = {
  [Name in QuotaName]: (typeof BOTS_COUNT)[Name] extends For ? Name : never;
}[QuotaName];

let restore: () => void;
let owner: SignedIn;
let maker: SignedIn;
let others: SignedIn[];
beforeAll(() => {
  restore = setQuotas(
    Object.keys(BOTS_COUNT)
      .map((name) => `${name}=${LIMIT}`)
      .join(","),
  );
});
afterAll(() => restore());
beforeEach(async () => {
  freezeClock();
  const users = await signedInUsers(6, 7 * 86_400);
  [owner, maker, others] = [itemAt(users, 0), itemAt(users, 1), users.slice(2)];
});

type Actor = Pick<SignedIn, "token"> & { user: { id: number } };
const Made = z.looseObject({ id: z.int(), token: z.string() });
const makeBot = ({ token }: Actor) => call("POST", "/v1/bots", { token, body: { nickname: "Weather" } });

async function bot(): Promise<Actor> {
  const { body } = await makeBot(maker);
  const { id, token } = Made.parse(body);
  return { token, user: { id } };
}

const deleteBot = (who: Actor, { user }: { user: { id: number } }) =>
  call("DELETE", `/v1/bots/${user.id}`, { token: who.token });

/** What each quota counts that counts for the maker of a bot. @param n tells the uses apart */
const WAYS: Record<Namely<"maker">, (who: Actor, n: number) => Promise<Answer>> = {
  groups: ({ token }) =>
    call("POST", "/v1/conversations", { token, body: { kind: "group", name: "a group", member_ids: [] } }),
  spaces: ({ token }) => call("POST", "/v1/spaces", { token, body: { name: "a space" } }),
  members: async (who, n) => {
    // The quota of the owner is not asked here: the group is made with its members.
    const [by] = await signedInUsers(1);
    const { id } = await createGroup(itemAt([by ?? owner], 0), [who]);
    await expectAsked(by ?? owner, id, "PATCH", `/members/${who.user.id}`, { role: "admin" });
    return ask(who, id, "POST", "/members", { user_ids: [itemAt(others, n).user.id] });
  },
  requests: ({ token }, n) => call("PUT", `/v1/friends/${itemAt(others, n).user.id}`, { token }),
  reports: ({ token }, n) =>
    call("POST", "/v1/reports", { token, body: { user_id: itemAt(others, n).user.id, reason: "spam" } }),
  files: ({ token }) => upload({ ...maker, token }, new Uint8Array(MIB), "application/octet-stream"),
};

const NAMES = z
  .array(z.custom<Namely<"maker">>((name) => Object.hasOwn(WAYS, String(name))))
  .parse(Object.keys(WAYS));

test.each(NAMES)("%s of a bot count for its maker, also once the bot is deleted", async (name) => {
  const use = WAYS[name];
  const first = await bot();
  const used = await use(first, 0);
  expect(used.status, JSON.stringify(used.body)).toBeLessThan(300);
  expect((await use(maker, 0)).status).toBeLessThan(300);
  const refused = {
    limit: name === "files" ? LIMIT * MIB : LIMIT,
    used: name === "files" ? LIMIT * MIB : LIMIT,
  };
  for (const who of [first, maker]) {
    const answer = await use(who, 1);
    expectProblem(answer, 429, "quota");
    expect(answer.body).toMatchObject(refused);
  }
  // A bot that owns something is not deleted.
  if (name === "groups" || name === "spaces") {
    const { id } = z.looseObject({ id: z.int() }).parse(used.body);
    await call("DELETE", `/v1/${name === "groups" ? "conversations" : name}/${id}`, { token: first.token });
  }
  expect((await deleteBot(maker, first)).status).toBe(202);
  expectProblem(await use(await bot(), 2), 429, "quota");
  // The bots of others count for others.
  expect((await use(owner, 3)).status).toBeLessThan(300);
});

test("a bot has a share of what waits in its inbox, however old its maker is", async () => {
  const first = await bot();
  const { id } = await createGroup(owner, [first]);
  expect((await postScheduled(first, id, "one")).status).toBe(202);
  const answer = await postScheduled(first, id, "two");
  expectProblem(answer, 429, "quota");
  expect(answer.body).toMatchObject({ limit: 1, used: 1 });
});

test("bots that are made in a day count, deleted ones too", async () => {
  for (const _ of range(1, LIMIT)) await deleteBot(maker, await bot());
  const answer = await makeBot(maker);
  expectProblem(answer, 429, "quota");
  expect(answer.body).toMatchObject({ limit: LIMIT, used: LIMIT, resets_at: Date.now() + 86_400_000 });
  // A refused one has not counted.
  const username = maker.user.username;
  expect(
    (await call("POST", "/v1/bots", { token: owner.token, body: { nickname: "x", username } })).status,
  ).toBe(409);
  for (const _ of range(1, LIMIT)) expect((await makeBot(owner)).status).toBe(201);
});

test("a new account makes as many bots as it may keep, and one anew", async () => {
  restore();
  restore = setQuotas(`bots=${DEFAULT_QUOTAS.bots}`);
  const newcomer = await register();
  const statuses = [];
  for (const _ of range(1, 40)) {
    const answer = await makeBot(newcomer);
    statuses.push(answer.status);
    if (answer.status === 201) await deleteBot(newcomer, { user: Made.parse(answer.body) });
  }
  expect(statuses.filter((status) => status === 201)).toHaveLength(6);
});
