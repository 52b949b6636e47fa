import { expect, test } from "vitest";
import { registerUsers } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { createGroupId, itemAt, postText } from "../../support/objects/room.ts";
import { DRIVERS } from "../drivers.ts";

const POLL = {
  kind: "poll",
  body: { question: "Tea?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 },
};
const TEXT = "Tea?\n1. yes\n2. no";

test("an API without polls shows one as a text, and finds it", async () => {
  const users = await registerUsers(2);
  const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  const id = await createGroupId(ann, bob);
  await postText(id, ann, "before");
  await send(ann, id, POLL);
  for (const driver of DRIVERS.filter(({ name }) => name !== "v1")) {
    const seen = await driver.history?.(bob, id);
    if (seen)
      expect(
        seen.map(({ text }) => text),
        driver.name,
      ).toEqual(["before", TEXT]);
    const found = await driver.search?.(bob, id, "Tea?");
    if (found)
      expect(
        found.map(({ text }) => text),
        driver.name,
      ).toEqual([TEXT]);
  }
});
