import { beforeAll, describe, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  openForSelf,
  page as pageOf,
  send,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { Page } from "../../support/pages/page.ts";
import { setLinkPreviews } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  const restore = setLinkPreviews("on");
  [ann, bob] = await registerUsers(2);
  return restore;
});

const group = async () => (await createGroup(ann, [bob])).id;
const previewOf = async (id: number, seq: number) => (await getMessage(ann, id, seq)).link_preview;
const untilPreview = (id: number, seq: number, title: string) =>
  eventually(async () => expect(await previewOf(id, seq)).toMatchObject({ title }));

/** Resolves once all jobs of the conversation that were there before have run. */
async function untilJobs(id: number): Promise<void> {
  const mark = await Page.html("<title>mark</title>");
  const { seq } = await send(ann, id, mark.url);
  await untilPreview(id, seq, "mark");
}

test("a preview is told to all as a change of its message, which was there before", async () => {
  const id = await group();
  const socket = await openRoom(id, bob.token, "?after=0&rev=0");
  const page = await Page.html("<title>told</title>");
  const sent = await send(ann, id, page.url);
  expect(sent).not.toHaveProperty("link_preview");
  await socket.until(({ frames }) => JSON.stringify(frames).includes('"title":"told"'));
  const { items } = await pageOf(bob, id);
  const shown = items.find(({ seq }) => seq === sent.seq);
  expect(shown).toMatchObject({ link_preview: { url: page.url, title: "told" }, version: 1 });
  expect(shown?.rev).toBeGreaterThan(0);
  expect(shown).not.toHaveProperty("edited_at");
});

test("an edit takes the preview of a link that is gone, and another link gets its own", async () => {
  const id = await group();
  const [one, other] = [await Page.html("<title>one</title>"), await Page.html("<title>other</title>")];
  const { seq } = await send(ann, id, `see ${one.url}`);
  await untilPreview(id, seq, "one");
  await edit(ann, id, seq, { body: `now (${one.url})` });
  expect(await previewOf(id, seq)).toMatchObject({ title: "one" });
  const edited = await edit(ann, id, seq, { body: `see ${other.url}`, base_version: 2 });
  expect(edited).not.toHaveProperty("link_preview");
  await untilPreview(id, seq, "other");
  await edit(ann, id, seq, { body: "see nothing", base_version: 3 });
  await untilJobs(id);
  expect(await previewOf(id, seq)).toBeUndefined();
});

test("a revoke takes the preview, also one that comes later", async () => {
  const id = await group();
  const page = await Page.html("<title>gone</title>");
  const { seq } = await send(ann, id, page.url);
  await untilPreview(id, seq, "gone");
  await deleteMessage(ann, id, seq, "everyone");
  expect(await previewOf(id, seq)).toBeUndefined();
  const late = await send(ann, id, (await Page.html("<title>late</title>")).url);
  await deleteMessage(ann, id, late.seq, "everyone");
  await untilJobs(id);
  expect(await previewOf(id, late.seq)).toBeUndefined();
});

test("a group has previews until its admins switch them off", async () => {
  const { id, ...made } = await createGroup(ann, [bob]);
  expect(made).toMatchObject({ link_previews: true });
  const set = (who: SignedIn, on: unknown) =>
    call("PATCH", `/v1/conversations/${id}`, { token: who.token, body: { link_previews: on } });
  const page = await Page.html("<title>before</title>");
  const before = await send(ann, id, page.url);
  await untilPreview(id, before.seq, "before");
  expectProblem(await set(bob, false), 403, "forbidden");
  expectProblem(await set(ann, "off"), 400, "validation_failed");
  expect((await set(ann, false)).body).toMatchObject({ link_previews: false });
  for (const look of [getConversation, listedConversation])
    expect(await look(bob, id)).toMatchObject({ link_previews: false });
  const other = await Page.html("<title>after</title>");
  const sent = await send(bob, id, other.url);
  await edit(bob, id, sent.seq, { body: `again ${other.url}` });
  expect((await set(ann, true)).status).toBe(200);
  // Jobs of a conversation run in the order of their sends.
  await untilJobs(id);
  expect(await other.asked()).toBe(0);
  // What there was stays.
  expect(await previewOf(id, before.seq)).toMatchObject({ title: "before" });
  expect(await previewOf(id, sent.seq)).toBeUndefined();
});

test("the team's backend switches previews in conversations of both kinds", async () => {
  const { text: token } = await makeServerKey(["conversations"]);
  const [direct, { id: group }] = [await openDirect(ann, bob), await createGroup(ann, [bob])];
  for (const [kind, id] of [
    ["direct", direct.id],
    ["group", group],
  ] as const) {
    const set = (on: boolean) =>
      call("PUT", `/v1/server/conversations/${id}`, { token, body: { kind, link_previews: on } });
    expect(await set(false)).toMatchObject({ status: 200, body: { kind, link_previews: false } });
    const page = await Page.html("<title>unwanted</title>");
    await send(bob, id, page.url);
    expect(await set(true)).toMatchObject({ status: 200, body: { link_previews: true } });
    await untilJobs(id);
    expect(await page.asked()).toBe(0);
  }
});

describe("there is none", () => {
  test("for a message whose sender wants none, also after an edit", async () => {
    const id = await group();
    const page = await Page.html("<title>unwanted</title>");
    const content = { kind: "text", body: { text: page.url } };
    const { seq } = await send(ann, id, { ...content, no_preview: true });
    await edit(ann, id, seq, { body: `again ${page.url}` });
    await untilJobs(id);
    expect(await previewOf(id, seq)).toBeUndefined();
    expect(await page.asked()).toBe(0);
  });

  test("for a message request, until it is accepted", async () => {
    const [cid, dan] = await registerUsers(2);
    const audience = { who_may_write: "nobody", who_may_add: "nobody" };
    await call("PATCH", "/v1/me", { token: dan.token, body: audience });
    const page = await Page.html("<title>stranger</title>");
    const { id } = await openForSelf(cid, dan);
    await send(cid, id, page.url);
    await eventually(async () => {
      const accept = { token: dan.token, body: { answer: "accept" } };
      expect((await call("PUT", `/v1/requests/${id}`, accept)).status).toBe(204);
    });
    expect(await page.asked()).toBe(0);
    const later = await send(cid, id, page.url);
    await eventually(async () => expect((await getMessage(dan, id, later.seq)).link_preview).toBeDefined());
  });

  test("for a message that its sender alone sees", async () => {
    const { text: token } = await makeServerKey(["moderate"]);
    const [cid] = await registerUsers(1);
    const undo = setTiming({ rules: { keepMs: 0, staleMs: 0 } });
    const { id } = await createGroup(ann, [bob, cid]);
    const path = `/v1/moderation/users/${cid.user.id}/suspension`;
    const body = { shadow: true, reason: "spam" };
    expect((await call("PUT", path, { token, body })).status).toBe(204);
    const page = await Page.html("<title>shadow</title>");
    const { seq } = await send(cid, id, page.url);
    await untilJobs(id);
    expect((await getMessage(cid, id, seq)).link_preview).toBeUndefined();
    expect(await page.asked()).toBe(0);
    expect((await call("DELETE", path, { token })).status).toBe(204);
    // Others in this isolate know of no shadow.
    await send(ann, id, "after");
    undo();
  });

  test("where the deployment has none", async () => {
    const restore = setLinkPreviews("off");
    const off = await createGroup(ann, [bob]);
    const page = await Page.html("<title>off</title>");
    const { seq } = await send(ann, off.id, page.url);
    restore();
    await untilJobs(await group());
    expect(await previewOf(off.id, seq)).toBeUndefined();
    expect(await page.asked()).toBe(0);
  });
});
