import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { SpaceId, UserId } from "../../../src/domain/ids.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { findSpaceViews } from "../../../src/storage/spaces/views.ts";
import { guildEvents } from "../../../src/surfaces/kook/guilds/events.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { tim } from "../../surfaces/tim/client.ts";
import { Scene } from "./scene.ts";

/** More than one call looks through. */
const MEMBERS = 2_300;

const Page = z.object({
  items: z.array(z.object({ user: z.object({ id: z.int(), username: z.string() }) })),
  next_cursor: z.string().nullable(),
});

let scene: Scene;
let ids: number[];

beforeAll(async () => {
  scene = await Scene.make();
  const numbers = `WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${MEMBERS})`;
  await env.DB.prepare(
    `INSERT INTO users (username, created_at) ${numbers} SELECT 'crowd.of.' || ? || '.' || i, 0 FROM n`,
  )
    .bind(String(scene.id))
    .run();
  const { results } = await env.DB.prepare("SELECT id FROM users WHERE username LIKE ? ORDER BY id")
    .bind(`crowd.of.${scene.id}.%`)
    .all();
  ids = z
    .array(z.object({ id: z.int() }))
    .parse(results)
    .map(({ id }) => id);
  const insert =
    "INSERT INTO space_members (space_id, user_id, joined_at) SELECT ?, value, 9e12 + value FROM json_each(?)";
  await env.DB.prepare(insert).bind(scene.id, JSON.stringify(ids)).run();
});

/** Reads all pages. @returns who is found, and the calls of D1 of the dearest page */
async function found(query: string): Promise<{ users: number[]; calls: number; pages: number }> {
  const users: number[] = [];
  let [calls, pages] = [0, 0];
  for (let cursor: string | null = ""; cursor !== null; pages++) {
    let made = 0;
    const counting = interceptD1((_, work) => {
      made++;
      return work();
    });
    const after: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const answer = await scene.ask(scene.bob, "GET", `/members?limit=100&${query}${after}`);
    counting[Symbol.dispose]();
    calls = Math.max(calls, made);
    const page = Page.parse(answer.body);
    users.push(...page.items.map(({ user }) => user.id));
    cursor = page.next_cursor;
  }
  return { users, calls, pages };
}

test("members of a large space are found by name, in calls that each look at a part of them", async () => {
  const last = await found(`q=CROWD.of.${scene.id}.${MEMBERS}`);
  expect(last).toMatchObject({ users: [ids.at(-1)], pages: 2 });
  expect(last.calls).toBeLessThanOrEqual(8);
  const all = await found(`q=crowd.of.${scene.id}.`);
  expect(all.users).toEqual(ids);
  expect(await found("q=nobody.at.all")).toMatchObject({ users: [], pages: 2 });
});

test("members with a role are found in the order in which they came, in one space alone", async () => {
  const role = await scene.addRole({ name: "Hosts", permissions: [] });
  const [first = 0, last = 0] = [ids[0], ids.at(-1)];
  for (const id of [last, first]) await scene.done(scene.ann, "PUT", `/members/${id}/roles/${role}`);
  expect(await found(`role_id=${role}`)).toMatchObject({ users: [first, last], pages: 1 });
  const page = Page.parse((await scene.ask(scene.bob, "GET", `/members?role_id=${role}&limit=1`)).body);
  expect(page.items.map(({ user }) => user.id)).toEqual([first]);
  const rest = `/members?role_id=${role}&limit=1&cursor=${page.next_cursor}`;
  expect((await scene.ask(scene.bob, "GET", rest)).body).toMatchObject({
    items: [{ user: { id: last } }],
    next_cursor: null,
  });
  const other = await Scene.make();
  const elsewhere = await other.addRole({ name: "Hosts", permissions: [] });
  await other.giveRole(other.bob, elsewhere);
  expect((await other.join(scene.bob, await other.invite(other.ann))).status).toBe(200);
  await other.giveRole(scene.bob, elsewhere);
  expect(await found(`role_id=${elsewhere}`)).toMatchObject({ users: [] });
});

test("a page of the members of a large community of tim costs the same calls as one of a small one", async () => {
  const paged = async (groupID: string, offset: number) => {
    let calls = 0;
    using _ = interceptD1((__, work) => {
      calls++;
      return work();
    });
    const { body } = await tim(scene.bob, "/group/getGroupMemberList", { groupID, offset, count: 100 });
    const { data } = z
      .object({ data: z.object({ memberList: z.array(z.object({ userID: z.string() })), offset: z.int() }) })
      .parse(body);
    return { calls, users: data.memberList.length, next: data.offset };
  };
  const small = await Scene.make();
  expect((await small.join(scene.bob, await small.invite(small.ann))).status).toBe(200);
  const { calls } = await paged(`@TGS#_${small.id}`, 0);
  const large = `@TGS#_${scene.id}`;
  expect(await paged(large, 0)).toEqual({ calls, users: 100, next: 100 });
  expect(await paged(large, 2_250)).toEqual({ calls, users: MEMBERS + 2 - 2_250, next: 0 });
  expect(await paged(large, 9_000)).toMatchObject({ users: 0, next: 0 });
});

test("a gateway compares the members of a space as long as there are not too many", async () => {
  const bob = UserId.parse(scene.bob.user.id);
  const view = async () => {
    const [found] = await findSpaceViews(openDatabase(env.DB), bob, SpaceId.parse(scene.id));
    if (!found) throw new Error("Bob is in the space");
    return found.view;
  };
  const before = await view();
  expect(before.members).toHaveLength(MEMBERS + 2);
  const name = async (most: number) => {
    const cards = "UPDATE space_members SET name_card = 'Bee' WHERE space_id = ? AND user_id <= ?";
    await env.DB.prepare(cards)
      .bind(scene.id, ids[most - 1])
      .run();
    return view();
  };
  const named = await name(498);
  expect(named.nameCards).toHaveLength(500);
  expect(guildEvents({ before, after: named, isOver: false }, bob)).toHaveLength(500);
  const crowded = await name(499);
  expect(crowded.nameCards).toBeUndefined();
  expect(guildEvents({ before: named, after: crowded, isOver: false }, bob)).toEqual([]);
  await env.DB.prepare("UPDATE spaces SET member_count = 10001 WHERE id = ?").bind(scene.id).run();
  const after = await view();
  expect(after).toEqual({ ...crowded, members: null, nameCards: undefined });
  expect(guildEvents({ before, after, isOver: false }, bob)).toEqual([]);
  expect(guildEvents({ before: after, after: before, isOver: false }, bob)).toEqual([]);
});
