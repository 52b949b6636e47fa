import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, runProjection } from "../../support/accounts/deletion.ts";
import { notificationEvents } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, openForSelf } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { refuseProjection } from "../../support/faults/refuse-projection.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject, itemAt } from "../../support/objects/room.ts";
import { tim } from "../../surfaces/tim/client.ts";
import { accept, invite } from "../invitations/client.ts";

const DAY_MS = 24 * 60 * 60_000;

let ann: SignedIn;
let bob: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, dan] = await signedInUsers(3, 30 * 24 * 60 * 60);
});

const Page = z.strictObject({
  items: z.array(z.strictObject({ conversation_id: z.int(), created_at: z.int() })),
  next_cursor: z.string().nullable(),
});

async function own({ token }: SignedIn, query = "") {
  const answer = await call("GET", `/v1/me/join-requests${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Page.parse(answer.body);
}

/** The groups of a user's open join requests, in the order of the list. */
const asked = async (who: SignedIn) => (await own(who)).items.map((item) => item.conversation_id);

async function apply(who: SignedIn, id: number, message = "please"): Promise<void> {
  expect((await ask(who, id, "POST", "/join", { message })).body).toEqual({ state: "requested" });
}

const withdraw = ({ token }: SignedIn, id: number | string) =>
  call("DELETE", `/v1/me/join-requests/${id}`, { token });
const group = () => createGroupOfKind("group", ann, [bob], "approval");
const open = async (id: number) => (await ask(ann, id, "GET", "/applications")).body;

async function user(): Promise<SignedIn> {
  return itemAt(await signedInUsers(1, 30 * 24 * 60 * 60), 0);
}

async function acceptInvitation(id: number, eve: SignedIn): Promise<Answer> {
  const { code } = await invite(ann, id);
  return accept(eve, code);
}

/** Until disposed, D1 writes which join requests are open, and its answers are lost. */
function loseAnswers(): Disposable {
  return interceptD1(async (query, work) => {
    const done = await work();
    if (query.includes("request_version")) throw new Error("D1_ERROR: Network connection lost.");
    return done;
  });
}

describe("a user's own open join requests", () => {
  test("are listed for them alone, the newest first, in pages", async () => {
    freezeClock();
    const eve = await user();
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) {
      const id = await group();
      ids.unshift(id);
      await apply(eve, id);
      advanceClock(1);
    }
    const seen: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await own(eve, `?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map((item) => item.conversation_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids);
    expect(await asked(ann)).toEqual([]);
    const { items } = await own(eve, "?limit=1");
    expect(items[0]?.created_at).toBe(Date.now() - 1);
    expectProblem(
      await call("GET", "/v1/me/join-requests?cursor=x", { token: eve.token }),
      400,
      "validation_failed",
    );
  });

  test.each([
    ["accepted", (id: number) => ask(ann, id, "POST", "/applications/1", { action: "accept" })],
    ["rejected", (id: number) => ask(ann, id, "POST", "/applications/1", { action: "reject" })],
    ["ended by a ban", (id: number, eve: SignedIn) => ask(ann, id, "PUT", `/bans/${eve.user.id}`, {})],
    ["added", (id: number, eve: SignedIn) => ask(ann, id, "POST", "/members", { user_ids: [eve.user.id] })],
    ["outlived by the group", (id: number) => ask(ann, id, "DELETE", "")],
    ["withdrawn", (id: number, eve: SignedIn) => withdraw(eve, id)],
    ["overtaken by an invitation", acceptInvitation],
  ])("are no longer listed once they are %s", async (_, end) => {
    const [eve, id] = [await user(), await group()];
    await apply(eve, id);
    expect(await asked(eve)).toEqual([id]);
    expect((await end(id, eve)).status).toBeLessThan(300);
    expect(await asked(eve)).toEqual([]);
  });

  test("are listed if they were made over tim, and by a former member", async () => {
    const id = await group();
    expect((await ask(bob, id, "POST", "/leave")).status).toBe(204);
    expect((await tim(bob, "/group/joinGroup", { groupID: String(id), applyMessage: "please" })).status).toBe(
      200,
    );
    expect(await asked(bob)).toEqual([id]);
    expect((await withdraw(bob, id)).status).toBe(204);
    expect(await asked(bob)).toEqual([]);
  });

  test("show nothing of a group that was joined at once, or not at all", async () => {
    const [eve, free] = [await user(), await createGroupOfKind("group", ann, [], "free")];
    expect((await ask(eve, free, "POST", "/join", {})).body).toEqual({ state: "joined" });
    const closed = await createGroupOfKind("group", ann, [], "closed");
    expect((await ask(eve, closed, "POST", "/join", {})).status).toBe(404);
    expect(await asked(eve)).toEqual([]);
  });

  test("reach the list by a job if D1 does not answer, in their newest state", async () => {
    const [eve, id, other] = [await user(), await group(), await group()];
    {
      await using _ = await refuseProjection();
      await apply(eve, id);
      await apply(eve, other);
      expect((await withdraw(eve, other)).status).toBe(204);
      expect(await asked(eve)).toEqual([]);
    }
    for (const one of [id, other]) {
      await evictDurableObject(conversationObject(one));
      expect(await runProjection(one)).toBe(true);
      expect(await runProjection(one)).toBe(false);
    }
    expect(await asked(eve)).toEqual([id]);
  });

  test.each([
    ["withdrawn", (id: number, eve: SignedIn) => withdraw(eve, id)],
    ["rejected", (id: number) => ask(ann, id, "POST", "/applications/1", { action: "reject" })],
  ])("that D1 has, though its answer was lost, are not listed once they are %s", async (_, end) => {
    const [eve, id] = [await user(), await group()];
    {
      using _ = loseAnswers();
      await apply(eve, id);
    }
    expect(await asked(eve)).toEqual([id]);
    expect((await end(id, eve)).status).toBe(204);
    expect(await asked(eve)).toEqual([]);
  });

  test("have the time of the newest one, also if it was made while D1 wrote the one before", async () => {
    freezeClock();
    const [eve, id] = [await user(), await group()];
    let isMadeAgain = false;
    {
      using _ = interceptD1(async (query, work) => {
        const done = await work();
        if (!query.includes("request_version") || isMadeAgain) return done;
        isMadeAgain = true;
        await runInDurableObject(conversationObject(id), (object) => {
          Reflect.apply(object.withdrawJoinRequest, object, [{ userId: eve.user.id }]);
          advanceClock(1);
          const person = { ...eve.user, nickname: "", avatar: "" };
          Reflect.apply(object.join, object, [{ person, message: "again" }]);
        });
        return done;
      });
      await apply(eve, id);
    }
    await runProjection(id);
    expect(isMadeAgain).toBe(true);
    expect((await own(eve)).items).toEqual([{ conversation_id: id, created_at: Date.now() }]);
  });

  test("from before this list are in it once their group is used", async () => {
    const [eve, id] = [await user(), await group()];
    await apply(eve, id);
    await env.DB.prepare("UPDATE memberships SET requested_at = NULL, request_version = 0").run();
    await runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec("UPDATE applications SET listed = 0");
      storage.sql.exec("UPDATE conversation SET request_version = 0");
    });
    await evictDurableObject(conversationObject(id));
    await ask(ann, id, "GET", "");
    expect(await runProjection(id)).toBe(true);
    expect(await asked(eve)).toEqual([id]);
  });

  test("leave nothing behind in D1 when the account is deleted", async () => {
    const [eve, id] = [await register(), await group()];
    await apply(eve, id);
    expect((await deleteAccount(eve)).status).toBe(204);
    const left = env.DB.prepare(
      "SELECT count(*) AS n FROM memberships WHERE user_id = ? AND requested_at > 0",
    );
    expect(await left.bind(eve.user.id).first("n")).toBe(0);
  });
});

describe("withdrawing a join request", () => {
  test("takes it from those who decide; a decision comes too late then", async () => {
    const [eve, id] = [await user(), await group()];
    await apply(eve, id);
    expect((await withdraw(eve, id)).status).toBe(204);
    expect(await open(id)).toMatchObject({ items: [] });
    for (const action of ["accept", "reject"]) {
      expectProblem(await ask(ann, id, "POST", "/applications/1", { action }), 409, "conflict");
    }
    expect((await ask(eve, id, "GET", "")).status).toBe(404);
  });

  test("changes nothing where there is none, and tells nothing of a group", async () => {
    const [eve, id] = [await user(), await group()];
    const { id: hidden } = await openForSelf(ann, eve);
    await apply(dan, id);
    const before = await open(id);
    for (const none of [id, hidden, 999_999_999, Number.MAX_SAFE_INTEGER]) {
      const answer = await withdraw(eve, none);
      expect([answer.status, answer.body]).toEqual([204, undefined]);
    }
    expect(await open(id)).toEqual(before);
    expect(await asked(dan)).toContain(id);
    for (const bad of ["0", "x", "-1", "1.5"])
      expectProblem(await withdraw(eve, bad), 400, "validation_failed");
  });

  test("is a conflict for a member, who leaves instead", async () => {
    const id = await group();
    expectProblem(await withdraw(bob, id), 409, "conflict");
    expect((await ask(bob, id, "GET", "")).status).toBe(200);
  });

  test("and asking again, any number of times in a day, tells the deciders once", async () => {
    freezeClock();
    const [eve, id] = [await user(), await group()];
    await apply(eve, id, "first");
    const told = await notificationEvents(ann, id);
    for (let i = 0; i < 5; i++) {
      expect((await withdraw(eve, id)).status).toBe(204);
      await apply(eve, id, `again ${i}`);
    }
    expect(await notificationEvents(ann, id)).toEqual(told);
    expect(await open(id)).toMatchObject({ items: [{ id: 1, message: "again 4" }] });
    expect(await asked(eve)).toEqual([id]);
    expect((await withdraw(eve, id)).status).toBe(204);
    advanceClock(DAY_MS);
    await apply(eve, id);
    expect(await notificationEvents(ann, id)).toEqual([...told, "applied"]);
    expect((await ask(ann, id, "POST", "/applications/2", { action: "accept" })).status).toBe(204);
    expect((await ask(eve, id, "GET", "")).status).toBe(200);
  });

  test("does not end the wait after a rejected one", async () => {
    freezeClock();
    const [eve, id] = [await user(), await group()];
    await apply(eve, id);
    expect((await withdraw(eve, id)).status).toBe(204);
    await apply(eve, id);
    expect((await ask(ann, id, "POST", "/applications/1", { action: "reject" })).status).toBe(204);
    expect((await withdraw(eve, id)).status).toBe(204);
    expectProblem(await ask(eve, id, "POST", "/join", {}), 429, "rate_limited");
  });

  test("and an acceptance at once end in one of the two", async () => {
    for (let i = 0; i < 5; i++) {
      const [eve, id] = [await user(), await group()];
      await apply(eve, id);
      const [withdrawn, accepted] = await Promise.all([
        withdraw(eve, id),
        ask(ann, id, "POST", "/applications/1", { action: "accept" }),
      ]);
      const isMember = (await ask(eve, id, "GET", "")).status === 200;
      expect([withdrawn.status, accepted.status]).toEqual(isMember ? [409, 204] : [204, 409]);
      expect(await asked(eve)).toEqual([]);
    }
  });
});
