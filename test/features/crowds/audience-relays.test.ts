import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { expectAsked, getConversation } from "../../support/clients/chat.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { evictRunning, itemAt, loseConversation, postText, textFrame } from "../../support/objects/room.ts";
import { setLiveMembers } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { counted } from "../space/read-metrics.ts";

/** Ann, who owns the room and has the socket of its object; Bob, a member; two who look over relays. */
let ann: SignedIn;
let bob: SignedIn;
let viewers: SignedIn[];
let id: ConversationId;

beforeAll(() => setLiveMembers(1));

beforeEach(async () => {
  [ann, bob, ...viewers] = await registerUsers(4);
  const member_ids = [bob.user.id];
  const group = { kind: "group", name: "Stage", member_ids, audience: true, join_policy: "free" };
  const { body } = await call("POST", "/v1/conversations", { token: ann.token, body: group });
  ({ id } = StrictConversation.parse(body));
  await openRoom(id, ann.token);
});

async function look(user: SignedIn): Promise<TestSocket> {
  const socket = await openRoom(id, user.token, "?after=0&rev=0");
  await socket.next("synced");
  return socket;
}

function relayObject({ user }: SignedIn) {
  return env.RELAY.getByName(`${id}-${user.id % 16}`);
}

test("viewers look over relays, write, and go when the policy changes; members stay", async () => {
  const [vic, wes] = [itemAt(viewers, 0), itemAt(viewers, 1)];
  const [bobs, vics, wess] = await Promise.all([look(bob), look(vic), look(wes)]);
  expect(vics.of("ready")).toMatchObject([{ role: "viewer" }]);
  await postText(id, ann, "hello");
  for (const socket of [bobs, vics, wess]) await socket.until(() => seqsKnownTo(socket, id).includes(1));
  vics.send(textFrame("me, too", "m1"));
  expect(await vics.next("ack")).toMatchObject({ seq: 2 });
  await vics.until(({ frames }) => JSON.stringify(frames).includes('"role":"member"'));
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 3 });
  for (const user of [vic, wes]) await evictRunning(relayObject(user));
  await expectAsked(ann, id, "PATCH", "", { join_policy: "approval" });
  expect(await wess.closed()).toMatchObject({ code: 4001, reason: "removed" });
  await postText(id, ann, "among us");
  for (const socket of [bobs, vics])
    await socket.until(() => JSON.stringify(socket.frames).includes("among us"));
  expect(JSON.stringify(wess.frames)).not.toContain("among us");
});

test("sockets of relays are counted, and the frames that are handed to them", async () => {
  const opened = () => counted("sockets_opened", { socket: "relay" });
  const frames = () => counted("relay_frames", {});
  const before = { opened: await opened(), frames: await frames() };
  const sockets = await Promise.all(viewers.map(look));
  expect(await opened()).toBeGreaterThanOrEqual(before.opened + 2);
  await postText(id, ann, "hello");
  for (const socket of sockets) await socket.until(() => seqsKnownTo(socket, id).includes(1));
  await expect.poll(frames).toBeGreaterThanOrEqual(before.frames + 2);
});

test("a banned viewer is told nothing more", async () => {
  const [vic, wes] = [itemAt(viewers, 0), itemAt(viewers, 1)];
  const [vics, wess] = await Promise.all([look(vic), look(wes)]);
  await expectAsked(ann, id, "PUT", `/bans/${vic.user.id}`, {});
  expect(await vics.closed()).toMatchObject({ code: 4001, reason: "removed" });
  await expectAsked(ann, id, "DELETE", "");
  expect(await wess.closed()).toMatchObject({ code: 4001, reason: "dissolved" });
});

test("relays tell how many users look through them, also once the conversation has slept", async () => {
  overrideTiming({ viewers: { pauseMs: 100 } });
  const [vic, wes] = [itemAt(viewers, 0), itemAt(viewers, 1)];
  const [vics] = await Promise.all([look(vic), look(vic), look(bob)]);
  await vics.until(() => vics.of("viewers").at(-1)?.count === 3);
  const wess = await look(wes);
  expect(wess.of("viewers")[0]).toMatchObject({ count: 4 });
  await vics.until(() => vics.of("viewers").at(-1)?.count === 4);
  await loseConversation(id);
  expect(await getConversation(ann, id)).toMatchObject({ viewer_count: 3 });
  wess.close();
  await vics.until(() => vics.of("viewers").at(-1)?.count === 2);
});
