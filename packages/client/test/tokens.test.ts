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
  const names = Array.from({ length: 10 }, async () => (await api.call("get", "/v1/me", {})).username);
  expect(new Set(await Promise.all(names))).toEqual(new Set([ann.user.username]));
  expect(asked).toEqual([undefined, "expired"]);
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
