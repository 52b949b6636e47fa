import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getConversation, list, page, send } from "../../support/clients/chat.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";

let key = "";
/** Ann, who owns the room; Vic and Wes, who look. */
let ann: SignedIn;
let vic: SignedIn;
let wes: SignedIn;
let id: ConversationId;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate"])).text;
});

beforeEach(async () => {
  [ann, vic, wes] = await registerUsers(3);
  const group = { kind: "group", name: "Stage", member_ids: [], audience: true, join_policy: "free" };
  const { body } = await call("POST", "/v1/conversations", { token: ann.token, body: group });
  ({ id } = StrictConversation.parse(body));
  await send(ann, id, "hello");
});

async function rules(...items: object[]): Promise<void> {
  const body = { items };
  expect((await call("PUT", "/v1/moderation/rules", { token: key, body })).status).toBe(200);
}

afterAll(async () => {
  await rules();
  await send(ann, id, "other files know no rules");
});

const post = (who: SignedIn, words: string, fields: object = {}) =>
  ask(who, id, "POST", "/messages", { kind: "text", body: { text: words }, ...fields });
const textsOf = async (who: SignedIn) => (await page(who, id)).items.flatMap(({ body }) => body.text ?? []);

describe("of who looks and writes", () => {
  test("a message that rules refuse or hold makes no member before it is stored", async () => {
    await rules(
      { id: "spam", match: { words: ["casino"] }, action: "refuse" },
      { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" },
    );
    expectProblem(await post(vic, "casino"), 403, "refused");
    expectProblem(await post(wes, "bitcoin", { client_msg_id: "b1" }), 403, "held");
    for (const user of [vic, wes])
      expect(await getConversation(user, id)).toMatchObject({ role: "viewer", member_count: 1 });
    const waiting = await call("GET", "/v1/moderation/held?limit=100", { token: key });
    const Held = z.object({ items: z.array(z.object({ id: z.int(), sender_id: z.int() })) });
    const held = Held.parse(waiting.body).items.find(({ sender_id }) => sender_id === wes.user.id);
    const accept = { token: key, body: { decision: "accept" } };
    expect((await call("PATCH", `/v1/moderation/held/${held?.id}`, accept)).status).toBe(200);
    expect(await textsOf(ann)).toEqual(["hello", "bitcoin"]);
    expect(await getConversation(wes, id)).toMatchObject({ role: "member" });
    await rules();
  });

  test("a message in the shadow is seen by nobody else", async () => {
    const suspension = { token: key, body: { shadow: true, reason: "spam" } };
    const path = `/v1/moderation/users/${vic.user.id}/suspension`;
    expect((await call("PUT", path, suspension)).status).toBe(204);
    const room = await openRoom(id, wes.token);
    expect((await post(vic, "psst")).status).toBe(201);
    await send(ann, id, "after");
    await room.until(({ frames }) => JSON.stringify(frames).includes("after"));
    expect(JSON.stringify(room.frames)).not.toContain("psst");
    for (const user of [ann, wes]) expect(await textsOf(user)).toEqual(["hello", "after"]);
    expect(await textsOf(vic)).toEqual(["hello", "psst", "after"]);
  });

  test("a ban holds: nothing is stored, whichever way it comes", async () => {
    const room = await openRoom(id, vic.token);
    await expectAsked(ann, id, "PUT", `/bans/${vic.user.id}`, {});
    await room.closed();
    expectProblem(await post(vic, "hi"), 404, "not_found");
    expectProblem(await ask(vic, id, "POST", "/join"), 403, "forbidden");
    expect(await textsOf(ann)).toEqual(["hello"]);
  });
});

test.each(DRIVERS.filter(({ name }) => name !== "v1"))(
  "over $name who looks is a stranger, who reads and writes nothing",
  async ({ send: sendOver, history, search }) => {
    const attempts = [
      () => sendOver?.(vic, id, "hi") ?? Promise.reject(new Error("no such call")),
      () => history?.(vic, id) ?? Promise.reject(new Error("no such call")),
      () => search?.(vic, id, "hello") ?? Promise.reject(new Error("no such call")),
    ];
    for (const attempt of attempts)
      expect(JSON.stringify(await attempt().catch(() => null)) ?? "").not.toContain("hello");
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
    expect(await textsOf(ann)).toEqual(["hello"]);
    expect((await list(vic)).items).toEqual([]);
  },
);
