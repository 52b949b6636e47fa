import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Jobs } from "../../src/object/jobs.ts";
import { call, register } from "../support/api.ts";

test("an alarm that comes before its time is set again", async () => {
  const { user, token } = await register();
  await call("GET", "/v1/conversations", { token });
  await runInDurableObject(env.INBOX.getByName(String(user.id)), async (_, { storage }) => {
    const jobs = new Jobs(storage, { later: async () => null });
    const due = Date.now() + 60_000;
    jobs.schedule("later", "", due);
    // What the runtime does with an alarm: it is gone when its handler begins.
    await storage.deleteAlarm();
    await jobs.run();
    expect(await storage.getAlarm()).toBe(due);
  });
});
