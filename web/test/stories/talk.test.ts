import { expect, test } from "vitest";
import { Network } from "../../../packages/client/test/support/network.ts";
import { Site } from "../support/site.ts";
import {
  composer,
  connection,
  message,
  openTalk,
  row,
  send,
  stored,
  texts,
  unread,
} from "../support/talk.ts";

const site = Site.alone();

test("two people talk, and each sees at once what the other writes", async () => {
  const [ann, ben] = await site.direct("ann", "ben");
  const [annsPage, bensPage] = [await site.open({ person: ann }), await site.open({ person: ben })];
  await openTalk(annsPage, ben.user.username);
  await send(annsPage, "Hello Ben");
  // A conversation comes to the list of the other with its first message.
  await openTalk(bensPage, ann.user.username);
  await stored(bensPage, "Hello Ben").waitFor();
  await send(bensPage, "Hello Ann");
  await stored(annsPage, "Hello Ann").waitFor();
  await stored(annsPage, "Hello Ben").waitFor();
  for (const page of [annsPage, bensPage])
    await expect.poll(() => texts(page)).toEqual(["Hello Ben", "Hello Ann"]);
});

test("two devices of a user show the same, and what one has read is read on the other", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, "Are you there?");
  const desktop = await site.open({ person: ann });
  const laptop = await site.open({ person: await ann.signIn() });
  for (const page of [desktop, laptop]) await unread(page, ben.user.username).waitFor();
  await openTalk(desktop, ben.user.username);
  await unread(laptop, ben.user.username).waitFor({ state: "detached" });
  await send(desktop, "I am");
  await row(laptop, "You: I am").click();
  await expect.poll(() => texts(laptop)).toEqual(["Are you there?", "I am"]);
});

test("a page shows what it has shown before a reload and a restart of the server, and goes on", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  await ben.send(id, "Before");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await stored(page, "Before").waitFor();
  await site.server.kill();
  await connection(page, "connecting").waitFor({ state: "visible" });
  await send(page, "Meanwhile");
  await message(page, "Meanwhile").getByText("Waiting to be sent").waitFor();
  await site.server.restart();
  await stored(page, "Meanwhile").waitFor();
  await connection(page, "live").waitFor({ state: "attached" });
  await page.reload();
  await expect.poll(() => texts(page)).toEqual(["Before", "Meanwhile"]);
  await ben.send(id, "After");
  await expect.poll(() => texts(page)).toEqual(["Before", "Meanwhile", "After"]);
});

test("what is written without a connection waits, and is sent once in its order", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  await using network = await Network.to(site.origin);
  const page = await site.open({ person: ann, origin: network.origin, hash: `#/c/${id}` });
  await composer(page).waitFor();
  await send(page, "first");
  await stored(page, "first").waitFor();
  // The browser knows of it before the connection does.
  await page.context().setOffline(true);
  await connection(page, "live").filter({ hasText: "You are offline." }).waitFor();
  await page.context().setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });
  await network.down();
  await connection(page, "connecting").waitFor();
  await send(page, "second");
  await send(page, "third");
  await message(page, "third").getByText("Waiting to be sent").waitFor();
  await page.getByText("Connecting …").waitFor();
  await page.context().setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await page.context().setOffline(false);
  await network.up();
  await expect.poll(() => texts(page)).toEqual(["first", "second", "third"]);
  const history = await ben.history(id);
  expect(history.map(({ body }) => body.text)).toEqual(["first", "second", "third"]);
});
