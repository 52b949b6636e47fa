import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId } from "../../src/domain/ids.ts";
import { freshConversationId, putGroup } from "../support/accounts/server-conversations.ts";
import { makeServerKey } from "../support/accounts/server-keys.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../support/clients/api.ts";
import { ask, expectAsked, getConversation, list, send } from "../support/clients/chat.ts";
import { itemAt } from "../support/objects/room.ts";
import { setTiming } from "../support/timing.ts";
import { DRIVERS } from "./drivers.ts";
import { failure, tim } from "./tim/client.ts";

let token = "";
let ann: SignedIn;
let bob: SignedIn;
let late: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));
beforeAll(async () => {
  token = (await makeServerKey(["conversations", "messages"])).text;
  const users = await signedInUsers(3);
  [ann, bob, late] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
});

describe("what was before a member came", () => {
  const groups = { all: 0, joined: 0 };

  beforeAll(async () => {
    for (const history of ["all", "joined"] as const) {
      const members = [bob.user.id];
      const { id } = await putGroup(token, freshConversationId(), { owner: ann.user.id, members, history });
      groups[history] = id;
      const root = await send(ann, id, "once upon a time");
      const thread = { root: root.seq, also_in_main: false };
      await send(bob, id, { kind: "text", body: { text: "in a thread" }, thread });
      await putGroup(token, id, { members: [late.user.id] }, 200);
    }
  });

  test.each(DRIVERS.filter(({ history, search }) => history ?? search))(
    "is shown over $name where the history is for all, and else is not",
    async ({ history, search }) => {
      const shown = { seq: 1, by: ann.user.id, text: "once upon a time" };
      const [all, joined] = [ConversationId.parse(groups.all), ConversationId.parse(groups.joined)];
      if (history) expect([await history(late, all), await history(late, joined)]).toEqual([[shown], []]);
      if (search)
        expect([await search(late, all, "upon"), await search(late, joined, "upon")]).toEqual([[shown], []]);
    },
  );

  test("is in threads, searches and replays alike, and counts as read", async () => {
    const { all, joined } = groups;
    expect(JSON.stringify((await ask(late, all, "GET", "/threads/1/messages")).body)).toContain(
      "in a thread",
    );
    expectProblem(await ask(late, joined, "GET", "/threads/1/messages"), 404, "not_found");
    expect((await ask(late, all, "GET", "/messages/1")).status).toBe(200);
    expectProblem(await ask(late, joined, "GET", "/messages/1"), 404, "not_found");
    const { body } = await call("GET", "/v1/messages/search?q=thread", { token: late.token });
    const found = (body as { items: { conversation_id: number }[] }).items;
    expect(found.map(({ conversation_id }) => conversation_id)).toEqual([all]);
    expect(await getConversation(late, all)).toMatchObject({ history: "all", unread_count: 0 });
    expect(await getConversation(late, joined)).toMatchObject({ history: "joined", unread_count: 0 });
  });
});

test("nobody leaves a group that one may not leave, over any API, nor removes themselves", async () => {
  const ext = freshConversationId();
  const { id } = await putGroup(token, ext, {
    ...{ owner: ann.user.id, members: [bob.user.id, late.user.id], leave: false },
  });
  expect(await getConversation(bob, id)).toMatchObject({ leave: false });
  expectProblem(await ask(bob, id, "POST", "/leave"), 403, "forbidden");
  expectProblem(await ask(bob, id, "DELETE", `/members/${bob.user.id}`), 403, "forbidden");
  failure(await tim(bob, "/group/quitGroup", { groupID: String(id) }), 10_007);
  expect((await list(bob)).items.map((item) => item.id)).toContain(id);
  // Others remove members, and so does the backend, who may also let them leave.
  expect((await ask(ann, id, "DELETE", `/members/${late.user.id}`)).status).toBe(204);
  await putGroup(token, ext, { leave: true }, 200);
  await expectAsked(bob, id, "POST", "/leave");
});
