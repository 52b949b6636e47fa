import { expect, onTestFinished, test } from "vitest";
import { Chat, Problem } from "../src/index.ts";
import { until } from "./support/chats.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

test("calls that need a token at one moment ask for it once, the first time and after a refusal", async () => {
  const ann = await server.person("ann");
  const asked: (string | undefined)[] = [];
  const token = async (refused?: string) => {
    asked.push(refused);
    await Promise.resolve();
    return asked.length === 1 ? "expired" : ann.token;
  };
  const { api } = new Chat({ url: server.origin, token });
  const names = Array.from({ length: 50 }, async () => (await api.call("get", "/v1/me", {})).username);
  expect(new Set(await Promise.all(names))).toEqual(new Set([ann.user.username]));
  expect(asked).toEqual([undefined, "expired"]);
});

test("another user's token is refused, and changes nothing", async () => {
  const [ann, ben] = [await server.person("ann"), await server.person("ben")];
  const second = await ann.signIn();
  const answers = [ann.token, ben.token, second.token];
  const chat = new Chat({ url: server.origin, token: () => answers.shift() ?? ben.token, pause: 20 });
  onTestFinished(() => chat.stop());
  await chat.start();
  await until(chat, (state) => state.connection === "live");
  await ann.call("POST", "/v1/logout");
  await until(chat, (state) => state.connection === "connecting");
  // The one of ben is refused, and the next one is asked for.
  await until(chat, (state) => state.connection === "live");
  expect([chat.state.me, answers]).toEqual([ann.user.id, []]);
  await second.call("POST", "/v1/logout");
  const failed = await chat.api.call("get", "/v1/me").catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: "forbidden", status: 0 });
});

test("a token function that throws fails calls as having no answer, and a client tries again", async () => {
  const ann = await server.person("ann");
  let isDown = true;
  const token = () => {
    if (isDown) throw new TypeError("The network is down");
    return ann.token;
  };
  const chat = new Chat({ url: server.origin, token, pause: 20 });
  onTestFinished(() => chat.stop());
  const failed = await chat.api.call("get", "/v1/me", {}).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Problem);
  expect(failed).toMatchObject({ code: "no_answer", status: 0, message: "TypeError: The network is down" });
  await chat.start();
  isDown = false;
  await until(chat, (state) => state.connection === "live");
});
