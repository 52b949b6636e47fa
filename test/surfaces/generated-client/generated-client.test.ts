import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { freshName, PASSWORD } from "../../support/clients/api.ts";
import { upgrade } from "../../support/clients/socket.ts";
import { Chat, frameOf, lineOf, parseFrame, Refused, textsOf } from "./chat.ts";

// `npm run client:check` checks the types of these files: openapi-typescript makes them of /openapi.json.

const chat = () => new Chat("https://parley.test", (request) => exports.default.fetch(request));

/** Why a call was refused. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.catch((thrown: unknown) => thrown);
  return error instanceof Refused ? error.code : "not refused";
}

test("a client of generated types registers, signs in, creates a group, sends, pages, searches and uploads", async () => {
  const [annsName, bensName] = [freshName("ann"), freshName("ben")];
  const [ann, ben] = [chat(), chat()];
  await ann.register(annsName, PASSWORD);
  const { id: bensId } = await ben.register(bensName, PASSWORD);
  expect((await ann.login(annsName, PASSWORD)).username).toBe(annsName);

  const { id, ...group } = await ann.createGroup("Friday football", [bensId]);
  expect(group).toEqual({ joinPolicy: "approval", role: "owner" });
  expect(await ben.names()).toEqual(["Friday football (member)"]);

  const first = await ann.send(id, "Who brings the ball?");
  const wrong = await ann.send(id, "I do");
  await ann.revoke(id, wrong.seq);
  await ben.forward(id, first);
  await ben.sendPicture(id, new Blob(["not really a picture"], { type: "image/png" }), "ball.png");
  const lines = [
    `${annsName}: Who brings the ball?`,
    `${annsName} took a message back`,
    `${bensName}: Who brings the ball?`,
    `${bensName} sent ball.png`,
  ];
  expect((await ben.history(id)).map(lineOf)).toEqual(lines);
  expect((await ben.search(id, "ball?")).map(lineOf)).toEqual([lines[2], lines[0]]);
});

test("it tells failures apart by `code`", async () => {
  const [ann, eve] = [chat(), chat()];
  const name = freshName("ann");
  await ann.register(name, PASSWORD);
  await eve.register(freshName("eve"), PASSWORD);
  const { id } = await ann.createGroup("mine", []);
  expect(await codeOf(chat().register(name, PASSWORD))).toBe("conflict");
  expect(await codeOf(chat().register("x", PASSWORD))).toBe("validation_failed");
  expect(await codeOf(chat().login(name, "wrong password"))).toBe("unauthenticated");
  expect(await codeOf(chat().send(id, "hello"))).toBe("unauthenticated");
  expect(await codeOf(eve.send(id, "hello"))).toBe("not_found");
});

test("its frames have types too", async () => {
  const [ann, ben] = [chat(), chat()];
  const annsName = freshName("ann");
  await ann.register(annsName, PASSWORD);
  const { id: bensId } = await ben.register(freshName("ben"), PASSWORD);
  const { id } = await ann.createGroup("Friday football", [bensId]);
  const socket = (await upgrade("/v1/socket", ben.token)).webSocket;
  if (!socket) throw new Error("no socket");
  const told = new Promise<string[]>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      const frame = parseFrame(String(data));
      if (frame?.type === "ready") void ann.send(id, "hello");
      const texts = frame ? textsOf(frame) : [];
      if (texts.length > 0) resolve(texts);
    });
  });
  socket.accept();
  socket.send(frameOf({ type: "sync", items: [{ conversation_id: id, after: 0 }] }));
  socket.send(frameOf({ type: "send", conversation_id: id, kind: "face", body: { index: "1", data: "" } }));
  expect(await told).toEqual([`${annsName}: hello`]);
  socket.close();
});
