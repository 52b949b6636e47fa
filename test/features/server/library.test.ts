import { exports } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { HookError, Parley, verifyHook } from "../../../packages/server/src/index.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";

const SECRET = `whsec_${btoa("a secret of a hook in these tests")}`;

test("parley-server runs in a Worker, over a service binding", async () => {
  const { text: key } = await makeServerKey(["users", "tokens", "conversations", "messages"]);
  const parley = new Parley({
    url: "https://parley.test",
    key,
    fetch: (url, init) => exports.default.fetch(new Request(url, init)),
  });
  const { id } = await parley.conversations.put("ext:of a Worker", { members: ["ext:worker é"] });
  await parley.messages.send(id, { as: "ext:worker é", kind: "text", body: { text: "hello" } });
  expect((await parley.messages.list(id)).items).toMatchObject([{ body: { text: "hello" } }]);
});

test("parley-server verifies hooks in a Worker", async () => {
  const body = JSON.stringify({ type: "test", timestamp: new Date().toISOString(), data: {} });
  const now = new Date();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": `${Math.floor(now.getTime() / 1_000)}`,
    "webhook-signature": new Webhook(SECRET).sign("msg_1", now, body),
  };
  const hook = (text: string) => new Request("https://backend.test", { method: "POST", headers, body: text });
  expect((await verifyHook(hook(body), SECRET)).id).toBe("msg_1");
  await expect(verifyHook(hook(`${body} `), SECRET)).rejects.toThrow(HookError);
});
