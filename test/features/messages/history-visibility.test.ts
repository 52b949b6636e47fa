import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, readable, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { groupOf } from "../../support/objects/core.ts";
import { at, people, text } from "../../support/objects/room.ts";

const SECRET = "hush";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;

beforeAll(async () => {
  const all = await people(3);
  [ann, bob, cid] = [at(all, 0), at(all, 1), at(all, 2)];
});

function ask({ token }: SignedIn, id: number, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

/** Every way to a message that is not for somebody: by asking for it, looking for it, or naming it. */
async function expectOutOfSight(who: SignedIn, id: number, seqs: number[], isIn: boolean): Promise<void> {
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
      ask(who, id, "POST", "/messages", { ...text("see above"), quote_seq: seq }),
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
  const { body } = await call("GET", "/v1/conversations?limit=100", { token: who.token });
  expect(JSON.stringify(body)).not.toContain(SECRET);
  expect(JSON.stringify(body).includes(`"id":${id},`)).toBe(isIn);
}

describe("what is not for somebody", () => {
  test("who comes later does not reach: what was before him, by no way", async () => {
    const id = await groupOf("group", ann, [bob], "free");
    const { seq } = await send(ann, id, `${SECRET} one`);
    const quoting = await send(bob, id, { ...text("as she says"), quote_seq: seq });
    await ask(cid, id, "POST", "/join", {});
    await expectOutOfSight(cid, id, [seq, quoting.seq], true);
    // Nor through one that quotes it later, told live, read or replayed.
    const socket = await openRoom(id, cid.token, "?after=0&rev=0");
    await socket.next("synced");
    const later = await send(ann, id, { ...text("once more"), quote_seq: seq });
    await socket.until(({ seqs }) => seqs.includes(later.seq));
    const again = await openRoom(id, cid.token, "?after=0&rev=0");
    await again.next("synced");
    for (const seen of [JSON.stringify([socket.frames, again.frames]), await readable(cid, id)]) {
      expect(seen).not.toContain(SECRET);
    }
    expect(again.seqs).toEqual([3, later.seq]);
    // A revoke of what he never saw is nothing to him.
    await ask(ann, id, "DELETE", `/messages/${seq}?for=everyone`);
    const back = await openRoom(id, cid.token, "?after=4&rev=0");
    await back.next("synced");
    expect(back.of("revoked")).toEqual([]);
  });

  test("who comes back does not reach: what he has read before, his own words neither", async () => {
    const id = await groupOf("group", ann, [bob], "free");
    const theirs = await send(ann, id, `${SECRET} one`);
    const mine = await send(bob, id, { ...text(`${SECRET} two`), client_msg_id: "mine" });
    await ask(bob, id, "POST", "/leave");
    const between = await send(ann, id, `${SECRET} three`);
    await ask(bob, id, "POST", "/join", {});
    await expectOutOfSight(bob, id, [theirs.seq, mine.seq, between.seq], true);
    const socket = await openRoom(id, bob.token, "?after=0&rev=0");
    const synced = await socket.next("synced");
    expect(synced).toMatchObject({ has_more: false, last_seq: 5 });
    expect(socket.seqs).toEqual([5]);
  });

  test.each(["leaves", "is removed", "is there to the end"])(
    "who %s does not reach: anything",
    async (how) => {
      const id = await groupOf("group", ann, [bob]);
      const one = await send(ann, id, `${SECRET} one`);
      const mine = await send(bob, id, `${SECRET} two`);
      if (how === "leaves") await ask(bob, id, "POST", "/leave");
      else if (how === "is removed") await ask(ann, id, "DELETE", `/members/${bob.user.id}`);
      else await ask(ann, id, "DELETE", "");
      const after = how === "is there to the end" ? [] : [(await send(ann, id, `${SECRET} three`)).seq];
      await expectOutOfSight(bob, id, [one.seq, mine.seq, ...after], false);
    },
  );
});
