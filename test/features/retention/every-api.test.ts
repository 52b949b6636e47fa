import { beforeAll, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { itemAt } from "../../support/objects/room.ts";
import { age, expire, keep } from "../../support/retention/expire.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { v1 } from "../../surfaces/v1/driver.ts";

let key = "";

beforeAll(async () => {
  setTiming({ fanout: { cooldownMs: 10 } });
  key = (await makeServerKey(["conversations"])).text;
});

test.each(DRIVERS)("history, search and counts over $name end at what has expired", async (driver) => {
  const surface = { ...v1, ...driver };
  const [ann, bob] = await signedInUsers(2);
  const id = await surface.open(ann, bob);
  expect((await keep(key, id, "direct", { retention_days: 10 })).status).toBe(200);
  for (const word of ["old one", "old two", "old three"]) await surface.send(ann, id, word);
  await age(id, 6);
  await surface.send(ann, id, "old enough");
  await surface.send(bob, id, "my old answer");
  await surface.send(ann, id, "the old last");
  await age(id, 5);
  await expire(id);
  // Some APIs mark a history as read.
  await expect.poll(() => surface.unread(bob, id)).toBe(1);
  for (const who of [ann, bob]) {
    const texts = (await surface.history(who, id)).map(({ text }) => text);
    expect(texts).toEqual(["old enough", "my old answer", "the old last"]);
    expect((await surface.search(who, id, "old")).map(({ text }) => text)).toEqual(texts);
  }
  const { seq } = itemAt((await surface.history(bob, id)).slice(-1), 0);
  await surface.read(bob, id, seq);
  await surface.send(ann, id, "newer");
  await expect.poll(() => surface.unread(bob, id)).toBe(1);
  await age(id, 20);
  await expire(id);
  expect(await surface.history(bob, id)).toEqual([]);
  await expect.poll(() => surface.unread(bob, id)).toBe(0);
});
