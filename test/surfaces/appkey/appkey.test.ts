import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { answeredCodes, playScene, playStory, readStories } from "../../support/surfaces/stories.ts";
import { appkey, failure, idOf, KEY, list, open, send, success, TIME, wireIdOf, withKey } from "./client.ts";
import DOCUMENT_TEXT from "./document.txt?raw";
import STORIES from "./stories.txt?raw";

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

test.each(readStories(STORIES))("%s", (_, story) => playStory(story, withKey));

test("a server without app keys answers that it has none", async () => {
  const headers = { "X-APP-Key": KEY, "X-APP-Session": ann.token };
  const settings = { APP_KEYS: " , " };
  const body = { passiveuser: bob.user.id, time: TIME };
  const answer = await wire({ method: "POST", path: "/conversation", headers, body, settings });
  failure(answer);
  expect(answer.body).toMatchObject({ msg: expect.stringContaining("APP_KEYS") });
});

test("a pair has one conversation, whoever opens it on whichever API", async () => {
  expect(await open(bob, ann)).toBe(conversation);
  expect(conversation).toBeLessThan(-100_000_000);
  expect(String(conversation)).toMatch(/^-\d{9}$/);
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

test.each([
  [-5, "x".repeat(8_001)],
  [-5, `39.9,116.4,${"x".repeat(8_001)}`],
  [-1, "x".repeat(8_001)],
])("type %d with a text that is too long is refused", async (type, content) => {
  failure(await appkey(ann, "POST", "/message", { conversationid: conversation, type, content, time: TIME }));
});

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

test("a group's owner deletes others' messages", async () => {
  const id = await createGroupId(ann, bob, cas);
  const { messagekey } = await send(bob, wireIdOf(id), "in the group");
  await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { name: "a tip" } });
  failure(await appkey(cas, "DELETE", "/message", { messagekey, type: 2 }));
  success(await appkey(ann, "DELETE", "/message", { messagekey, type: 2 }));
  expect(await list(bob, wireIdOf(id)), "without the tip").toEqual([]);
});

test("a text of full length is accepted in any JSON escaping", async () => {
  const escaped = String.raw`\ud83d\ude00`.repeat(8_000);
  const body = `{"conversationid":${conversation},"type":-1,"content":"${escaped}","time":"${TIME}"}`;
  success(await appkey(ann, "POST", "/message", body));
  expect((await list(ann, conversation, "&limit=1"))[0]?.content).toBe("😀".repeat(8_000));
});

test("a body that is too long is refused", async () => {
  failure(await appkey(ann, "POST", "/message/", "x".repeat(LIMITS.writtenBytes + 1)), 413);
});
