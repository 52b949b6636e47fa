import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, expectProblem, freshName, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked } from "../../support/clients/chat.ts";
import { createGroupId } from "../../support/objects/room.ts";

const MemberPage = z.object({
  items: z.array(z.looseObject({ user: z.looseObject({ username: z.string() }) })),
  next_cursor: z.string().nullable(),
});

let ann: SignedIn;
let jerome: SignedIn;
let strasse: SignedIn;
let wang: SignedIn;
let id: ConversationId;

/** A group of Ann's, with members whose names are written in different ways. */
beforeEach(async () => {
  ann = await register(freshName("ann"), { nickname: "Ann  Lee" });
  jerome = await register(freshName("member"), { nickname: "Jérôme" });
  strasse = await register(freshName("member"), { nickname: "STRASSE" });
  wang = await register(freshName("member"), { nickname: "王小明" });
  id = await createGroupId(ann, jerome, strasse, wang);
});

async function found(query: Record<string, string>, as = ann): Promise<string[]> {
  const { body } = await expectAsked(as, id, "GET", `/members?${new URLSearchParams(query)}`);
  return MemberPage.parse(body).items.map(({ user }) => user.username);
}

const names = (...users: SignedIn[]) => users.map(({ user }) => user.username);

test("finds members by what is in their username, nickname or name card, as people read it", async () => {
  await expectAsked(wang, id, "PATCH", `/members/${wang.user.id}`, { name_card: "Night shift" });
  expect(await found({ q: "jerome" })).toEqual(names(jerome));
  expect(await found({ q: "RÔM" })).toEqual(names(jerome));
  expect(await found({ q: "straße" })).toEqual(names(strasse));
  expect(await found({ q: "小明" })).toEqual(names(wang));
  expect(await found({ q: " ann lee " })).toEqual(names(ann));
  expect(await found({ q: "night SHIFT" })).toEqual(names(wang));
  expect(await found({ q: "member" }, strasse)).toEqual(names(jerome, strasse, wang));
  expect(await found({ q: jerome.user.username })).toEqual(names(jerome));
  // The end of one name and the begin of the next are no name.
  expect(await found({ q: "jerome member" })).toEqual([]);
});

test("a new name and a new name card are found at once, the former ones are not", async () => {
  await call("PATCH", "/v1/me", { token: jerome.token, body: { nickname: "Zoë" } });
  await expect.poll(() => found({ q: "zoe" })).toEqual(names(jerome));
  expect(await found({ q: "jerome" })).toEqual([]);
  await expectAsked(strasse, id, "POST", "/leave");
  expect(await found({ q: "strasse" })).toEqual([]);
});

test("`role` leaves those who have it, with and without a name", async () => {
  await expectAsked(ann, id, "PATCH", `/members/${wang.user.id}`, { role: "admin" });
  expect(await found({ role: "owner" })).toEqual(names(ann));
  expect(await found({ role: "admin" })).toEqual(names(wang));
  expect(await found({ role: "member" })).toEqual(names(jerome, strasse));
  expect(await found({ role: "admin", q: "member" })).toEqual(names(wang));
  expect(await found({ role: "owner", q: "member" })).toEqual([]);
});

test("pages of what is found stay as they are while members join and leave", async () => {
  const page = async (cursor?: string) => {
    const query = new URLSearchParams({ q: "member", limit: "1", ...(cursor && { cursor }) });
    const { body } = await expectAsked(ann, id, "GET", `/members?${query}`);
    const { items, next_cursor: next } = MemberPage.parse(body);
    return { found: items.map(({ user }) => user.username), next: next ?? "" };
  };
  const first = await page();
  expect(first.found).toEqual(names(jerome));
  const dora = await register(freshName("member"));
  await expectAsked(ann, id, "POST", "/members", { user_ids: [dora.user.id] });
  await expectAsked(jerome, id, "POST", "/leave");
  const second = await page(first.next);
  expect(second.found).toEqual(names(strasse));
  await expectAsked(wang, id, "POST", "/leave");
  expect(await page(second.next)).toEqual({ found: names(dora), next: "" });
});

test("refuses an empty name, one of more than 64 characters, an unknown role, and strangers", async () => {
  for (const query of ["q=", "q=%20", `q=${"a".repeat(65)}`, "role=boss"])
    expectProblem(await ask(ann, id, "GET", `/members?${query}`), 400, "validation_failed");
  expect(await found({ q: "😀".repeat(64) })).toEqual([]);
  const stranger = await register();
  expectProblem(await ask(stranger, id, "GET", "/members?q=ann"), 404, "not_found");
  expectProblem(await ask(ann, id, "GET", "/members?q=ann&cursor=x"), 400, "validation_failed");
});
