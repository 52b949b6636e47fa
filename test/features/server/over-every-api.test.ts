import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import {
  conversationPath,
  freshConversationId,
  putGroup,
} from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  expectAsked,
  getConversation,
  list,
  listedConversation,
  send,
} from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { setTiming } from "../../support/timing.ts";
import { list as appkeyList } from "../../surfaces/appkey/client.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { failure, success, tim } from "../../surfaces/tim/client.ts";
import { logs, signed } from "../../surfaces/usersig/client.ts";
import { v1 } from "../../surfaces/v1/driver.ts";

let token = "";
let ann: SignedIn;
let bob: SignedIn;
let late: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));
beforeAll(async () => {
  token = (await makeServerKey(["conversations", "messages"])).text;
  [ann, bob, late] = await signedInUsers(3);
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

describe("what a backend sends", () => {
  let id: ConversationId;

  beforeAll(async () => {
    const { id: made } = await putGroup(token, freshConversationId(), {
      ...{ owner: ann.user.id, members: [bob.user.id, late.user.id] },
    });
    id = ConversationId.parse(made);
    await send(ann, id, "loud");
    const path = conversationPath(id, "/messages");
    const post = (body: object) => call("POST", path, { token, body });
    const text = { kind: "text", body: { text: "in silence" } };
    expect((await post({ as: ann.user.id, ...text, silent: true })).status).toBe(201);
    expect((await post({ as: null, kind: "system", body: { text: "by nobody" } })).status).toBe(201);
    await eventually(async () =>
      expect((await listedConversation(late, id)).last_message).toMatchObject({ kind: "system" }),
    );
  });

  test.each(DRIVERS)(
    "is in the history over $name, and the silent part is unread to nobody",
    async (driver) => {
      const { history, unread, search } = { ...v1, ...driver };
      const [loud, silent] = [
        { seq: 1, by: ann.user.id, text: "loud" },
        { seq: 2, by: ann.user.id, text: "in silence" },
      ];
      // To load messages marks them as read in some APIs: another member has done so.
      expect(await unread(late, id)).toBe(1);
      expect(await history(bob, id)).toEqual([loud, silent]);
      expect(await search(bob, id, "silence")).toEqual([silent]);
    },
  );

  test("is a notice over tim, and the preview of its list", async () => {
    const answer = await tim(bob, "/message/getMessageList", { conversationID: `GROUP${id}` });
    const messages = JSON.stringify(success(answer));
    expect(messages).toContain(
      '"TIMGroupTipElem","payload":{"operatorID":"","operationType":6,"userIDList":[]',
    );
    expect(messages).toContain('"text":"by nobody"');
    const listed = success(await tim(bob, "/conversation/getConversationList", {}));
    expect(JSON.stringify(listed)).toContain('"messageForShow":"by nobody"');
  });

  test("is counted by pages of APIs that number their messages", async () => {
    for (let n = 0; n < 5; n++) {
      const body = { as: ann.user.id, kind: "text", body: { text: `silent ${n}` }, silent: n % 2 === 0 };
      expect((await call("POST", conversationPath(id, "/messages"), { token, body })).status).toBe(201);
    }
    const texts = (await v1.history(bob, id)).map(({ text }) => text);
    for (const { name, history } of DRIVERS)
      if (history)
        expect(
          (await history(bob, id)).map(({ text }) => text),
          name,
        ).toEqual(texts);
    const numbered = await appkeyList(bob, -100_000_000 - id, "&start=2&limit=3");
    expect(numbered.map(({ content }) => content)).toEqual(texts.toReversed().slice(2, 5));
    const second = await logs(signed(bob), String(id), "&page_size=3&page_num=2");
    expect(second.num_of_chat_logs).toBe(texts.length);
    expect(second.chat_log_info_list.map(({ content }) => content)).toEqual(texts.toReversed().slice(3, 6));
  });
});
