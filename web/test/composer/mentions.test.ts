import type { Member } from "parley-client/people";
import { describe, expect, it, test } from "vitest";
import { mentionsOf, namesIn } from "../../../packages/react/src/markup/mentions.ts";
import {
  mentionOf,
  mentionsIn,
  mentionsOfEdit,
  rolesIn,
} from "../../../packages/react/src/mentions/mentions.ts";
import { firstFound } from "../../../packages/react/src/mentions/resolve.ts";
import { newest } from "../support/history.ts";
import { Seat } from "../support/seat.ts";
import { Site } from "../support/site.ts";
import { composer, message, send, stored } from "../support/talk.ts";

const site = Site.forFile();
const seat = new Seat(site);

test("a message that is sent before the members are known mentions them, after a reload too", async () => {
  const { ann, ben, id, page } = await seat.group();
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  await page.route(/\/members\?/, async (call) => {
    asked.resolve();
    await released.promise;
    await call.continue().catch(() => {});
  });
  await send(page, `Ask @${ben.user.username.toUpperCase()}`);
  await asked.promise;
  await send(page, "And me");
  await message(page, "And me").waitFor();
  await page.reload();
  await message(page, "And me").waitFor();
  await expect.poll(() => ann.history(id)).toEqual([]);
  released.resolve();
  await stored(page, "And me").waitFor();
  const { items } = Object(await ann.call("GET", `/v1/conversations/${id}/messages`));
  expect(items).toMatchObject([{ mentions: [ben.user.id] }, { mentions: [] }]);
  await page.unroute(/\/members\?/);
});

test("who is called otherwise by now is still named, and stays so when other words are edited", async () => {
  const { ann, ben, id, page } = await seat.group();
  await send(page, `@${ben.user.username} comes, @home as ever`);
  await stored(page, "as ever").waitFor();
  await ben.call("PATCH", "/v1/me", { nickname: "Benedict" });
  await ann.call("PATCH", `/v1/conversations/${id}/messages/1`, {
    ...{ body: { text: "@Ben comes" }, base_version: 1 },
  });
  const named = stored(page, "@Ben comes").getByRole("link", { name: "@Ben", exact: true });
  await named.waitFor();
  await composer(page).press("ArrowUp");
  await page.getByText("Edit the message").waitFor();
  await composer(page).press("End");
  await composer(page).pressSequentially(" today");
  await composer(page).press("Enter");
  await stored(page, "@Ben comes today").waitFor();
  await expect.poll(() => newest(ann, id)).toMatchObject({ mentions: [ben.user.id], version: 3 });
});

test("suggestions go on over blanks while a name fits, and end with it, by Escape and by the choice", async () => {
  const { ann, ben, id, page } = await seat.group();
  const cleo = await site.person("cleo");
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [cleo.user.id] });
  await ben.call("PATCH", "/v1/me", { nickname: "Member 29 of Ten" });
  await cleo.call("PATCH", "/v1/me", { nickname: "张 三丰" });
  const field = composer(page);
  const offered = page.getByRole("listbox").getByRole("option");
  const names = () => offered.allInnerTexts().then((all) => all.map((one) => one.split("\n")[1]));
  await field.pressSequentially("Hi @Mem");
  await expect.poll(names).toEqual(["Member 29 of Ten"]);
  await field.pressSequentially("ber 29 ");
  await expect.poll(names).toEqual(["Member 29 of Ten"]);
  // What fits no name any more ends it, and what is taken back begins it again.
  await field.pressSequentially("x");
  await expect.poll(names).toEqual([]);
  await field.press("Backspace");
  await expect.poll(names).toEqual(["Member 29 of Ten"]);
  await field.press("Escape");
  await expect.poll(names).toEqual([]);
  await field.pressSequentially("of");
  await expect.poll(names).toEqual([]);
  await field.fill("");
  await field.pressSequentially("@张 三");
  await expect.poll(names).toEqual(["张 三丰"]);
  await field.press("Enter");
  await expect.poll(() => field.inputValue()).toBe("@张 三丰 ");
  await expect.poll(names).toEqual([]);
  // An emoji behind a name is found all the same.
  await field.pressSequentially("and @Member 29 of Ten :smil");
  await expect.poll(() => offered.count()).toBeGreaterThan(1);
  await field.press("Escape");
  await field.press("Enter");
  await stored(page, "and @Member").waitFor();
  await expect
    .poll(async () => [...Object(await newest(ann, id)).mentions].sort())
    .toEqual([ben.user.id, cleo.user.id].sort());
});

describe("whom a text mentions", () => {
  const member = (id: number, username: string, nickname = ""): Member => ({
    user: { id, username, nickname, avatar: "", online: false },
    ...{ role: "member", name_card: "", joined_at: 0, read_seq: 0, muted_until: 0 },
  });
  const members = [member(1, "ann", "Ann Lee"), member(2, "lee", "Twin"), member(3, "ben", "Twin")];
  members.push(member(4, "kim", "lee"), member(5, "old", "all"));

  it("is whom it draws as mentions: no code, address, or longer name", () => {
    const text = "`@ann` https://social.example/@ann a@lee.example @anna\n@ANN @Ann Lee, @all2";
    expect(mentionsIn(text, members)).toEqual([1]);
    expect(
      mentionsOf(text, namesIn(text, [1], [members[0]?.user ?? { id: 0, username: "", nickname: "" }])).map(
        ({ id }) => id,
      ),
    ).toEqual([1, 1]);
    expect(mentionsIn("@all", members)).toBe("all");
  });

  it("takes a nickname for its user where nobody else is meant", () => {
    expect(members.map((one) => mentionOf(one, members))).toEqual([
      "@Ann Lee",
      "@lee",
      "@ben",
      "@kim",
      "@old",
    ]);
    expect(mentionsIn("@Twin @lee", members)).toEqual([2]);
  });

  it("keeps whom the user has picked", () => {
    const picked = [{ id: 3, name: "Twin", isUsername: false }];
    expect(mentionsIn("@Twin", members, picked)).toEqual([3]);
  });

  it("stays in an edit where the text stays", () => {
    const edit = (mentions: number[] | "all", before: string, now: string) =>
      mentionsOfEdit({ mentions }, [before, now], members, []);
    expect(edit([3], "@Twin?", "@Twin!")).toEqual([3]);
    expect(edit([3], "@Twin?", "Ah!")).toEqual([]);
    expect(edit([9], "@Gone is @ann", "@Gone was @ann")).toEqual([9, 1]);
    expect(edit([9], "No name", "@ann")).toEqual([1, 9]);
    expect(edit("all", "@all?", "Ah!")).toEqual([]);
    expect(edit("all", "No name", "Ah!")).toBe("all");
  });
});

test("a text names roles by their longest names, those who are online, and no role that has the name of a member", () => {
  const roles = [
    { id: 5, name: "Design" },
    { id: 6, name: "Design team" },
    { id: 7, name: "Lee" },
  ];
  const members = [{ user: { id: 2, username: "lee", nickname: "", avatar: "" } }];
  const named = (text: string, here = true) => rolesIn(text, { roles, here }, members);
  expect(named("@design TEAM, and @在线成员")).toEqual({ mention_roles: [6], mention_here: true });
  expect(named("@Design, @Lee and @Designs")).toEqual({ mention_roles: [5] });
  expect(named("@here", false)).toEqual({});
});

test("a search goes on behind pages without anybody, five times at most", async () => {
  const found = { user: { id: 2, username: "lee", nickname: "", avatar: "" } };
  const asked: (string | undefined)[] = [];
  const search = (empty: number) =>
    firstFound(async ({ cursor }) => {
      asked.push(cursor);
      const page = Number(cursor ?? 0);
      return { items: page < empty ? [] : [found], next_cursor: `${page + 1}` };
    });
  expect(await search(2)).toEqual([found]);
  expect(asked).toEqual([undefined, "1", "2"]);
  expect(await search(9)).toEqual([]);
  expect(asked).toHaveLength(8);
});
