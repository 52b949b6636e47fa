import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { send as sendOverV1 } from "../../support/clients/chat.ts";
import { mergedDraft } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { answeredCodes, playScene, playStory, readStories } from "../../support/surfaces/stories.ts";
import { appkey, failure, idOf, KEY, list, open, send, success, TIME, withKey } from "./client.ts";
import DOCUMENT_TEXT from "./document.txt?raw";

/** Every call of the document, with its codes. */
const DOCUMENT = ["POST /conversation", "POST /message", "GET /message", "DELETE /message"].flatMap((call) =>
  [0, 1].map((code) => `${call} ${code}`),
);

const [SCENE, ...DOCUMENTED] = readStories(DOCUMENT_TEXT);

let ann: SignedIn;
let bob: SignedIn;
let cas: SignedIn;
let conversation: number;

beforeAll(async () => {
  const everybody = await signedInUsers(3);
  [ann, bob, cas] = [itemAt(everybody, 0), itemAt(everybody, 1), itemAt(everybody, 2)];
  conversation = await open(ann, bob);
});

describe("the document", () => {
  test("each call has an example of each of its codes", () => {
    expect(answeredCodes(DOCUMENTED)).toEqual(new Set(DOCUMENT));
  });

  test.each(DOCUMENTED)("%s", async (_, story) =>
    playStory(story, withKey, SCENE && (await playScene(SCENE[1], withKey))),
  );
});

describe("authentication", () => {
  const body = () => ({ passiveuser: bob.user.id, time: TIME });
  const opening = (headers: Record<string, string>) =>
    wire({ method: "POST", path: "/conversation", headers, body: body() });

  test("every call takes the headers in both spellings, and every key of the setting", async () => {
    for (const key of [KEY, "test-key-of-another-app"]) {
      success(await opening({ "X-HA-Key": key, "X-HA-Session": ann.token }));
      success(await opening({ "X-APP-Key": key, "X-APP-Session": ann.token }));
    }
  });

  test.each([
    ["no key", () => ({ "X-APP-Session": ann.token })],
    ["a wrong key", () => ({ "X-APP-Key": "test-app-ke", "X-APP-Session": ann.token })],
    ["an empty key", () => ({ "X-APP-Key": "", "X-APP-Session": ann.token })],
    [
      "all keys at once",
      () => ({ "X-APP-Key": `${KEY},test-key-of-another-app`, "X-APP-Session": ann.token }),
    ],
    ["no session", () => ({ "X-APP-Key": KEY })],
    ["a forged session", () => ({ "X-APP-Key": KEY, "X-APP-Session": `${ann.token.slice(0, -4)}AAAA` })],
  ])("%s is refused", async (_, headers) => {
    failure(await opening(headers()));
  });

  test("a server without app keys answers that it has none", async () => {
    const headers = { "X-APP-Key": KEY, "X-APP-Session": ann.token };
    const settings = { APP_KEYS: " , " };
    const answer = await wire({ method: "POST", path: "/conversation", headers, body: body(), settings });
    failure(answer);
    expect(answer.body).toMatchObject({ msg: expect.stringContaining("APP_KEYS") });
  });
});

test("a pair has one conversation, whoever opens it on whichever API", async () => {
  expect(await open(bob, ann)).toBe(conversation);
  expect(conversation).toBeLessThan(-100_000_000);
  expect(String(conversation)).toMatch(/^-\d{9}$/);
});

test("ids and times may be numbers or strings", async () => {
  const opened = success(
    await appkey(ann, "POST", "/conversation", { passiveuser: String(bob.user.id), time: Number(TIME) }),
  );
  expect(opened).toMatchObject({ data: { conversationid: conversation } });
  const body = {
    conversationid: String(conversation),
    type: "-1",
    content: "as strings",
    time: Number(TIME),
  };
  success(await appkey(ann, "POST", "/message", body));
  expect((await list(ann, conversation, "&limit=1"))[0]?.content).toBe("as strings");
});

test("every type is returned as it was sent, and v1 shows the same", async () => {
  const id = await open(ann, cas);
  const said: [number, string, string][] = [
    [-1, "text", "早上好 🌞"],
    [-2, "image", "https://files.example/a.png"],
    [-3, "video", "https://files.example/a.mp4"],
    [-4, "file", "https://files.example/a.pdf"],
    [-5, "location", "39.9,116.397,天安门, 北京"],
    [-5, "location", "-33.86,151.2"],
    [-5, "location", "0.0000001,-0.00000025"],
    [-5, "location", "39.90,116.40"],
    [-6, "audio", "http://files.example/a.ogg"],
  ];
  for (const [type, , content] of said) await send(ann, id, content, type);
  const displayed = (await list(cas, id)).map(({ type, content }) => [type, content]);
  expect(displayed).toEqual(said.map(([type, , content]) => [type, content]).reverse());
  const frames = await openRoom(idOf(id), cas.token, "?after=0");
  await frames.next("synced");
  expect(frames.messages.map(({ kind }) => kind)).toEqual(said.map(([, kind]) => kind));
});

test("a kind without a type here is listed as its readable text, and system messages are left out", async () => {
  const id = await createGroupId(ann, bob);
  const said = await sendOverV1(ann, id, "said");
  const bodies = [
    { kind: "custom", body: { data: "{}", description: "a thing", extension: "" } },
    { kind: "face", body: { index: "1", data: "smile" } },
    mergedDraft([said], "of old"),
  ];
  for (const body of bodies) await sendOverV1(ann, id, body);
  await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { name: "a tip" } });
  const displayed = (await list(bob, -100_000_000 - id)).map(({ type, content }) => [type, content]);
  expect(displayed).toEqual(["of old", "", "a thing", "said"].map((content) => [-1, content]));
});

const REFUSED: [number, string][] = [
  [0, "zero"],
  [-7, "no type"],
  [-2, "no URL"],
  [-4, "javascript:alert(1)"],
  [-5, ""],
  [-5, "x".repeat(8_001)],
  [-5, `39.9,116.4,${"x".repeat(8_001)}`],
  [-1, "x".repeat(8_001)],
];

test.each(REFUSED.map(([type, content]): [number, string, string] => [type, content.slice(0, 20), content]))(
  "type %d with %j is refused, and nothing is sent",
  async (type, _, content) => {
    const before = await list(ann, conversation);
    failure(
      await appkey(ann, "POST", "/message", { conversationid: conversation, type, content, time: TIME }),
    );
    expect(await list(ann, conversation)).toEqual(before);
  },
);

describe("paging", () => {
  const SENT = 25;
  let reader: SignedIn;
  let writer: SignedIn;
  let id: number;

  beforeAll(async () => {
    const pair = await signedInUsers(2);
    [reader, writer] = [itemAt(pair, 0), itemAt(pair, 1)];
    id = await open(reader, writer);
    for (const n of range(1, SENT)) await postText(idOf(id), writer, String(n));
  });

  const contents = async (query: string) =>
    (await list(reader, id, query)).map(({ content }) => Number(content));

  test.each([
    ["", range(SENT - 19, SENT)],
    ["&limit=1", [SENT]],
    [`&limit=${SENT}`, range(1, SENT)],
    [`&limit=${SENT + 1}`, range(1, SENT)],
    ["&limit=100", range(1, SENT)],
    ["&limit=101", range(1, SENT)],
    ["&limit=9007199254740991", range(1, SENT)],
    ["&start=20", range(1, 5)],
    ["&start=20&limit=5", range(1, 5)],
    ["&start=24&limit=1", [1]],
    [`&start=${SENT}`, []],
    ["&start=9007199254740991", []],
  ])("%j lists the messages counted from the newest", async (query, expected) => {
    expect(await contents(query)).toEqual([...expected].reverse());
  });

  test.each([
    "&limit=0",
    "&limit=-1",
    "&limit=x",
    "&limit=1.5",
    "&start=-1",
    "&start=many",
    "&start=",
    "&start=0?more",
    "?",
  ])("%j is refused", async (query) =>
    failure(await appkey(reader, "GET", `/message?conversationid=${id}${query}`)),
  );

  test("reading the first page moves the read position, further pages change nothing", async () => {
    const unread = async () => {
      const { body } = await wire({
        method: "GET",
        path: `/v1/conversations/${idOf(id)}`,
        headers: { Authorization: `Bearer ${reader.token}` },
      });
      return body;
    };
    await list(reader, id, "");
    for (const text of ["26", "27"]) await postText(idOf(id), writer, text);
    await list(reader, id, "&start=1");
    expect(await unread()).toMatchObject({ unread_count: 2 });
    await list(reader, id, "&limit=1");
    expect(await unread()).toMatchObject({ unread_count: 0 });
  });
});

describe("delivery and read states", () => {
  test("a message is delivered while the other user is online, and read once they have read it", async () => {
    const pair = await signedInUsers(2);
    const [one, other] = [itemAt(pair, 0), itemAt(pair, 1)];
    const id = await open(one, other);
    expect(await send(one, id, "nobody is there")).toMatchObject({ issent: 1, ispushed: 0, isread: 0 });
    const socket = await openRoom(idOf(id), other.token);
    await expect.poll(async () => (await send(one, id, "he is there")).ispushed).toBe(1);
    expect(await list(one, id, "&limit=1")).toMatchObject([{ ispushed: 1, isread: 0 }]);
    await list(other, id);
    expect(await list(one, id, "&limit=1")).toMatchObject([{ ispushed: 1, isread: 1 }]);
    socket.close();
  });

  test("the sender's own devices do not count", async () => {
    const [one, other] = [itemAt(await signedInUsers(2), 0), bob];
    const id = await open(one, other);
    const socket = await openRoom(idOf(id), one.token);
    await send(one, id, "only I am here");
    await list(one, id);
    expect(await list(one, id)).toMatchObject([{ ispushed: 0, isread: 0 }]);
    socket.close();
  });
});

describe("deleting messages", () => {
  const remove = (user: SignedIn, messagekey: string, type: unknown) =>
    appkey(user, "DELETE", "/message", { messagekey, type });

  test("1 hides for oneself, 2 revokes for all, and neither is listed any more", async () => {
    const [one, two] = [itemAt(await signedInUsers(2), 0), cas];
    const id = await open(one, two);
    const [first, second] = [await send(one, id, "first"), await send(two, id, "second")];
    success(await remove(one, second.messagekey, 1));
    success(await remove(one, second.messagekey, "1"));
    expect((await list(one, id)).map(({ content }) => content)).toEqual(["first"]);
    expect((await list(two, id)).map(({ content }) => content)).toEqual(["second", "first"]);
    failure(await remove(two, first.messagekey, 2));
    success(await remove(one, first.messagekey, 2));
    expect((await list(two, id)).map(({ content }) => content)).toEqual(["second"]);
    expect(await list(one, id)).toEqual([]);
  });

  test("a group's owner deletes others' messages, and a DELETE may use its query", async () => {
    const id = await createGroupId(ann, bob, cas);
    const sent = await send(bob, -100_000_000 - id, "in the group");
    failure(await remove(cas, sent.messagekey, 2));
    success(await appkey(ann, "DELETE", `/message?messagekey=${sent.messagekey}&type=2`));
    expect(await list(bob, -100_000_000 - id)).toEqual([]);
  });

  test.each([
    ["1", 1],
    ["x-y", 1],
    ["1-1-1", 1],
    ["0-1", 1],
    ["1-0", 2],
    ["99999999999999999-1", 1],
    ["", 2],
    [7, 1],
  ])("%j names no message", async (key, type) =>
    failure(await appkey(ann, "DELETE", "/message", { messagekey: key, type })),
  );

  test.each([0, 3, "all", null, undefined, true])("type %j is refused", async (type) => {
    const sent = await send(ann, conversation, "stays");
    failure(await remove(ann, sent.messagekey, type));
    expect((await list(ann, conversation, "&limit=1"))[0]?.content).toBe("stays");
  });
});

test("a text of full length is accepted in any JSON escaping", async () => {
  const escaped = String.raw`\ud83d\ude00`.repeat(8_000);
  const body = `{"conversationid":${conversation},"type":-1,"content":"${escaped}","time":"${TIME}"}`;
  success(await appkey(ann, "POST", "/message", body));
  expect((await list(ann, conversation, "&limit=1"))[0]?.content).toBe("😀".repeat(8_000));
});

test("a user who opens a conversation with themselves is answered with the wrong parameter", async () => {
  const answer = await appkey(ann, "POST", "/conversation", { passiveuser: ann.user.id, time: TIME });
  failure(answer);
  expect(answer.body).toMatchObject({ msg: expect.stringContaining("passiveuser: must be somebody else") });
});

test("an unknown call is answered in the envelope", async () => {
  failure(await appkey(ann, "PUT", "/message", {}), 405);
  failure(await appkey(ann, "GET", "/conversation"), 405);
  failure(await appkey(ann, "POST", "/message/", "x".repeat(LIMITS.writtenBytes + 1)), 413);
  failure(await appkey(ann, "POST", "/message", "{"));
  failure(await appkey(ann, "POST", "/message", "[]"));
  failure(await appkey(ann, "POST", "/message", '"text"'));
  failure(await appkey(ann, "GET", "/message?conversationid=%ff"));
});
