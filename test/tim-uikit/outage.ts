import { expect, test } from "vitest";
import type { Kit } from "./kit.ts";
import { message, openTalk, send, texts } from "./view.ts";

/** The server is killed, and comes back. */
export function tellOfOutage(kit: Kit): void {
  test("a message that was written while the server was away is sent again, and nothing is lost", async () => {
    const [eva, fay] = [await kit.seat("eva"), await kit.site.person("fay")];
    const { id } = await fay.openDirect(eva.person);
    await fay.send(id, "before");
    await openTalk(eva.page, fay.user.username);
    await message(eva.page, "before").waitFor();
    await kit.site.server.kill();
    await send(eva.page, "meanwhile");
    const failed = message(eva.page, "meanwhile").locator(".message-label.fail");
    await failed.waitFor();
    await kit.site.server.restart();
    // It does not wait for its next try, which may be half a minute away.
    await eva.page.evaluate(() => dispatchEvent(new Event("online")));
    await fay.send(id, "after");
    await message(eva.page, "after").waitFor();
    await failed.click();
    await eva.page.locator(".dialog button:visible", { hasText: /submit/i }).click();
    await failed.waitFor({ state: "detached" });
    await expect
      .poll(async () => (await fay.history(id)).map(({ body }) => Object(body).text))
      .toEqual(["before", "after", "meanwhile"]);
    await eva.page.reload();
    await openTalk(eva.page, fay.user.username);
    await expect.poll(() => texts(eva.page)).toEqual(["before", "after", "meanwhile"]);
  });
}
