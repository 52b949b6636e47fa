import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startBot } from "../examples/node-bot/bot.ts";
import { TestServer } from "./support/server.ts";

test("the bot answers each message once: over a kill, while it was away, and of new people", async () => {
  await using server = await TestServer.start();
  const folder = mkdtempSync(join(tmpdir(), "parley-bot-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [bot, ann, lin] = [
    await server.person("bot"),
    await server.person("ann"),
    await server.person("lin"),
  ];
  const options = { url: server.origin, token: bot.token, file: join(folder, "answered.json") };
  const { id } = await ann.openDirect(bot);
  const answers = async (person: typeof ann, conversation: number) =>
    (await person.history(conversation))
      .filter(({ sender }) => sender.id === bot.user.id)
      .map(({ body }) => (body as { text: string }).text);
  await ann.send(id, "before the first start");
  const first = await startBot(options);
  await expect.poll(() => answers(ann, id)).toHaveLength(1);
  await server.kill();
  await server.restart();
  await ann.send(id, "after a kill");
  await expect.poll(() => answers(ann, id)).toHaveLength(2);
  const { id: other } = await lin.openDirect(bot);
  await lin.send(other, "hello");
  await expect.poll(() => answers(lin, other)).toEqual(["You said: hello"]);
  await first.flush();
  await first.stop();
  for (const text of ["away 1", "away 2"]) await ann.send(id, text);
  const second = await startBot(options);
  onTestFinished(() => second.stop());
  const all = ["before the first start", "after a kill", "away 1", "away 2"].map(
    (text) => `You said: ${text}`,
  );
  await expect.poll(() => answers(ann, id)).toEqual(all);
});
