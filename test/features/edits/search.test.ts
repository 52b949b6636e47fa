import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, deleteMessage, send, sendAll } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { StrictSearch } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";
import { indexLeftovers, indexTokens, tokensOf } from "../../support/objects/search.ts";
import { evict } from "../../support/objects/sleep.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(() => setTiming({ indexing: { idleMs: 1 } }));

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
});

async function find(q: string): Promise<number[]> {
  const answer = await ask(bob, id, "GET", `/messages/search?q=${encodeURIComponent(q)}`);
  return StrictSearch.parse(answer.body).items.map(({ seq }) => seq);
}

test("a transcript that is added to a recording comes to all, and is found", async () => {
  const body = { url: "https://a.example/note.ogg", waveform: [1, 50, 3] };
  await send(ann, id, { kind: "audio", body });
  const socket = await openRoom(id, bob.token);
  const transcript = "see you at the lighthouse";
  await edit(ann, id, 1, { body: { ...body, transcript } });
  expect(await socket.next("changed")).toMatchObject({ items: [{ seq: 1, body: { ...body, transcript } }] });
  expect(await find("lighthouse")).toEqual([1]);
});

const Indexed = z.object({ seq: z.int() });

function indexedSeq(): Promise<number> {
  return runInDurableObject(
    conversationObject(id),
    (_, { storage }) => Indexed.parse(storage.sql.exec("SELECT indexed_seq AS seq FROM indexing").one()).seq,
  );
}

/** Has all messages indexed: so many are sent that the index is worth it. */
async function fillIndex(): Promise<void> {
  await sendAll(
    ann,
    id,
    range(2, 200).map((i) => `aa${i % 7}`),
  );
  await expect.poll(indexedSeq).toBe(200);
}

test("a message that is not indexed yet is found by its new text alone", async () => {
  await send(ann, id, "before");
  await edit(ann, id, 1, { body: "after" });
  expect([await find("before"), await find("after")]).toEqual([[], [1]]);
  await fillIndex();
  expect([await find("before"), await find("after")]).toEqual([[], [1]]);
});

test("an indexed message is found by its new text alone, and by none after its revoke", async () => {
  await send(ann, id, "qxzvk");
  await fillIndex();
  await edit(ann, id, 1, { body: "jwyph" });
  expect([await find("qxzvk"), await find("jwyph")]).toEqual([[], [1]]);
  await edit(ann, id, 1, { body: "…", base_version: 2 });
  expect(await find("jwyph")).toEqual([]);
  await edit(ann, id, 1, { body: "qxzvk again", base_version: 3 });
  await evict(id);
  expect([await find("qxzvk"), await find("jwyph")]).toEqual([[1], []]);
  expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
  expect(await find("qxzvk")).toEqual([]);
  const rest = () =>
    runInDurableObject(conversationObject(id), (_, { storage }) => ({
      tokens: indexTokens(storage).filter((token) =>
        // "a" is a token of other messages, too.
        [...tokensOf("qxzvk again"), ...tokensOf("jwyph")].some((part) => token === part && part.length > 4),
      ),
      leftovers: indexLeftovers(storage),
    }));
  await expect.poll(rest).toEqual({ tokens: [], leftovers: [] });
});
