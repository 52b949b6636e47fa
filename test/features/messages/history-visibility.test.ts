import { beforeAll, describe, expect, test } from "vitest";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { allReadable, ask, createGroup, expectAsked, send } from "../../support/clients/chat.ts";
import { StrictWideSearch } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { textFrame } from "../../support/objects/room.ts";

const SECRET = "hush";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;

beforeAll(async () => {
  [ann, bob, cid] = await registerUsers(3);
});

/**
 * Expects all calls that could show these messages to a user to hide them: reading, searching, and referring
 * to them.
 */
async function expectInvisible(who: SignedIn, id: number, seqs: number[], isIn: boolean): Promise<void> {
  const own = await createGroup(who);
  for (const seq of seqs) {
    const reference = { conversation_id: id, seq };
    const merged = { kind: "merged", body: { title: "mine", items: [reference] } };
    const answers = await Promise.all([
      ask(who, id, "GET", `/messages/${seq}`),
      ask(who, id, "DELETE", `/messages/${seq}?for=everyone`),
      ask(who, id, "DELETE", `/messages/${seq}?for=me`),
      ask(who, own.id, "POST", "/messages", { forward: reference }),
      ask(who, own.id, "POST", "/messages", merged),
      ask(who, id, "POST", "/messages", { ...textFrame("see above"), quote_seq: seq }),
    ]);
    for (const answer of answers) expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 404 });
  }
  const last = Math.max(...seqs);
  for (const path of [
    "/messages?limit=100",
    `/messages?before=${last + 1}`,
    "/messages?after=0",
    `/messages/search?q=${SECRET}`,
    "/members",
    "/receipts",
    "",
  ]) {
    const answer = await ask(who, id, "GET", path);
    expect([answer.status, path]).toEqual([isIn ? 200 : 404, path]);
    expect(JSON.stringify(answer.body)).not.toContain(SECRET);
  }
  const everywhere = await call("GET", `/v1/messages/search?q=${SECRET}&limit=100`, { token: who.token });
  expect(StrictWideSearch.parse(everywhere.body).items.map((item) => item.conversation_id)).not.toContain(id);
  const { body } = await call("GET", "/v1/conversations?limit=100", { token: who.token });
  expect(JSON.stringify(body)).not.toContain(SECRET);
  expect(JSON.stringify(body).includes(`"id":${id},`)).toBe(isIn);
}

describe("the invisible history", () => {
  test("a later member reaches no message from before joining", async () => {
    const id = await createGroupOfKind("group", ann, [bob], "free");
    const { seq } = await send(ann, id, `${SECRET} one`);
    const quoting = await send(bob, id, { ...textFrame("as she says"), quote_seq: seq });
    await ask(cid, id, "POST", "/join", {});
    await expectInvisible(cid, id, [seq, quoting.seq], true);
    // Quotes in later messages hide it too: pushed, changed, read or replayed.
    const socket = await openRoom(id, cid.token, "?after=0&rev=0");
    await socket.next("synced");
    const later = await send(ann, id, { ...textFrame("once more"), quote_seq: seq });
    await socket.until(({ seqs }) => seqs.includes(later.seq));
    await expectAsked(ann, id, "PUT", `/messages/${later.seq}/reactions/:k:`);
    await socket.next("changed");
    const replaying = await openRoom(id, cid.token, "?after=0&rev=0");
    await replaying.next("synced");
    for (const seen of [JSON.stringify([socket.frames, replaying.frames]), await allReadable(cid, id)]) {
      expect(seen).not.toContain(SECRET);
    }
    expect(replaying.seqs).toEqual([3, later.seq]);
    // Revokes of invisible messages are not replayed.
    await ask(ann, id, "DELETE", `/messages/${seq}?for=everyone`);
    const back = await openRoom(id, cid.token, "?after=4&rev=0");
    await back.next("synced");
    expect(back.of("revoked")).toEqual([]);
  });

  test("a returning member reaches no message from before, not even their own", async () => {
    const id = await createGroupOfKind("group", ann, [bob], "free");
    const anns = await send(ann, id, `${SECRET} one`);
    const own = await send(bob, id, { ...textFrame(`${SECRET} two`), client_msg_id: "mine" });
    await ask(bob, id, "POST", "/leave");
    const between = await send(ann, id, `${SECRET} three`);
    await ask(bob, id, "POST", "/join", {});
    await expectInvisible(bob, id, [anns.seq, own.seq, between.seq], true);
    const socket = await openRoom(id, bob.token, "?after=0&rev=0");
    const synced = await socket.next("synced");
    expect(synced).toMatchObject({ has_more: false, last_seq: 5 });
    expect(socket.seqs).toEqual([5]);
  });

  test.each(["leaves", "is removed", "is in a dissolved group"])(
    "a member who %s reaches no message",
    async (how) => {
      const id = await createGroupOfKind("group", ann, [bob]);
      const earlier = await send(ann, id, `${SECRET} one`);
      const own = await send(bob, id, `${SECRET} two`);
      if (how === "leaves") await ask(bob, id, "POST", "/leave");
      else if (how === "is removed") await ask(ann, id, "DELETE", `/members/${bob.user.id}`);
      else await ask(ann, id, "DELETE", "");
      const after = how === "is in a dissolved group" ? [] : [(await send(ann, id, `${SECRET} three`)).seq];
      await expectInvisible(bob, id, [earlier.seq, own.seq, ...after], false);
    },
  );
});
