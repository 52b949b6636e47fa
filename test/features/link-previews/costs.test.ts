import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, getMessage, listedConversation, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { pngOf } from "../../support/image-headers.ts";
import { conversationObject, createGroupId, itemAt } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { Writes } from "../../support/objects/writes.ts";
import { Page } from "../../support/pages/page.ts";
import { setLinkPreviews } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

/** A group in which nothing but what a test does writes a row. */
async function quietGroup(previews: "on" | "off"): Promise<ConversationId> {
  const restore = setLinkPreviews(previews);
  const id = await createGroupId(ann, bob);
  await send(ann, id, "before");
  restore();
  await untilCheckpoint(id);
  return id;
}

/** What a send writes, up to its answer; and what follows, once `holds`. */
async function written(id: ConversationId, text: string, holds: (seq: number) => Promise<void>) {
  using writes = await Writes.begin(conversationObject(id));
  const { seq } = await send(ann, id, text);
  const ofSend = writes.written;
  await eventually(() => holds(seq));
  return { ofSend, inAll: writes.written };
}

function hasJob(id: ConversationId): Promise<boolean> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    const query = "SELECT 1 FROM jobs WHERE kind = 'link_previews'";
    return storage.sql.exec(query).toArray().length > 0;
  });
}

const nothing = async () => undefined;

test("a send writes nothing for previews, unless it has a link and the deployment has previews", async () => {
  const page = await Page.html("<title>costs</title>");
  const [off, on] = [await quietGroup("off"), await quietGroup("on")];
  // No other job runs meanwhile.
  overrideTiming({ fanout: { checkpointMs: 600_000, cooldownMs: 600_000 }, indexing: { idleMs: 600_000 } });
  // The first send of a life sets the retry marker.
  for (const id of [off, on]) {
    const { seq } = await send(ann, id, "first");
    for (const who of [ann, bob])
      await eventually(async () => expect((await listedConversation(who, id)).last_seq).toBe(seq));
  }
  const plain = await written(off, "plain", nothing);
  expect((await written(on, "plain", nothing)).ofSend).toEqual(plain.ofSend);
  const link = await written(off, page.url, nothing);
  const previewed = await written(on, page.url, async (seq) => {
    expect((await getMessage(ann, on, seq)).link_preview).toBeDefined();
    expect(await hasJob(on)).toBe(false);
  });
  // The job, with its alarm; then the message twice, its index by rev, the counters, and the end of the job.
  const more = previewed.ofSend.conversationRows - link.ofSend.conversationRows;
  const behind = previewed.inAll.conversationRows - previewed.ofSend.conversationRows;
  expect({ more, behind, inboxRows: previewed.inAll.inboxRows }).toEqual({
    more: 1,
    behind: 5,
    inboxRows: 0,
  });
});

/** The number of rows about the pictures in previews that Ann has caused. */
const count = (from: string) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${from} WHERE f.name = 'preview.png' AND f.user_id = ?`)
    .bind(ann.user.id)
    .first("n");
const files = () => count("files f");
const references = () => count("file_references r JOIN files f ON f.key = r.key");

test("a picture goes with the last message that shows it", async () => {
  overrideTiming({ files: { recordMs: 1, deletionMs: 1 } });
  const [one, other] = [await quietGroup("on"), await quietGroup("on")];
  const source = await Page.of({ headers: { "Content-Type": "image/png" }, body: pngOf(9, 9) });
  const page = await Page.html(`<title>a</title><meta property="og:image" content="${source.url}">`);
  const before = await files();
  const sent = [];
  for (const id of [one, other]) {
    const { seq } = await send(ann, id, page.url);
    sent.push({ id, seq });
    await eventually(async () => expect((await getMessage(ann, id, seq)).link_preview?.image).toBeDefined());
  }
  expect(await files()).toBe(Number(before) + 1);
  await eventually(async () => expect(await references()).toBe(2));
  // From now on: before, the picture would go without a message that shows it.
  overrideTiming({ files: { recordMs: 1, expiryMs: 1, deletionMs: 1 } });
  await deleteMessage(ann, itemAt(sent, 0).id, itemAt(sent, 0).seq, "everyone");
  await eventually(async () => expect(await references()).toBe(1));
  expect(await files()).toBe(Number(before) + 1);
  await deleteMessage(ann, itemAt(sent, 1).id, itemAt(sent, 1).seq, "everyone");
  await eventually(async () => expect(await files()).toBe(before));
  // A link that is shown again within the hour has its words, and no picture that is gone.
  const { seq } = await send(ann, one, page.url);
  await eventually(async () => expect((await getMessage(ann, one, seq)).link_preview).toBeDefined());
  expect((await getMessage(ann, one, seq)).link_preview).toEqual({ url: page.url, title: "a" });
});
