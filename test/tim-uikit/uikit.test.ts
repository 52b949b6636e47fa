import { beforeAll, expect, test } from "vitest";
import { Kit, type Seat } from "./kit.ts";
import { tellOfOneConversation } from "./one-conversation.ts";
import { tellOfOutage } from "./outage.ts";
import {
  choose,
  chooseInRow,
  done,
  field,
  find,
  message,
  names,
  openMenu,
  openTalk,
  pick,
  row,
  send,
  texts,
  tips,
  title,
  unread,
  watchTitle,
} from "./view.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const kit = await Kit.start();
let ann: Seat;
let bob: Seat;
/** the conversation of the two */
let id: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([kit.seat("ann"), kit.seat("bob")]);
  ({ id } = await ann.person.openDirect(bob.person));
  await ann.person.send(id, "hello");
});

/** Both have their conversation before them. */
async function face(): Promise<void> {
  await openTalk(ann.page, bob.name);
  await openTalk(bob.page, ann.name);
}

/** The last message, as the web client sees it. */
const last = async () => Object((await ann.person.history(id)).at(-1));

test("two people talk, and each sees at once what the other writes, and what is unread", async () => {
  await expect.poll(() => unread(bob.page, ann.name).innerText()).toBe("1");
  await openTalk(ann.page, bob.name);
  await send(ann.page, "are you there?");
  await expect.poll(() => unread(bob.page, ann.name).innerText()).toBe("2");
  await openTalk(bob.page, ann.name);
  await unread(bob.page, ann.name).waitFor({ state: "detached" });
  await send(bob.page, "I am");
  const said = ["hello", "are you there?", "I am"];
  for (const { page } of [ann, bob]) await expect.poll(() => texts(page)).toEqual(said);
  expect((await ann.person.history(id)).map(({ body }) => Object(body).text)).toEqual(said);
  await row(ann.page, bob.name).filter({ hasText: "I am" }).waitFor();
});

test("history is there after a reload, page by page, and what has come meanwhile", async () => {
  const { person, name, page } = await kit.seat("cy");
  const { id } = await bob.person.openDirect(person);
  for (let i = 1; i <= 20; i++) await bob.person.send(id, `message ${i}`);
  await openTalk(page, bob.name);
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => `message ${from + i}`);
  await expect.poll(() => texts(page)).toEqual(numbered(6, 20));
  await page.locator(".message-more").click();
  await expect.poll(() => texts(page)).toEqual(numbered(1, 20));
  await page.goto("about:blank");
  await bob.person.send(id, "message 21");
  await page.goBack();
  await expect.poll(() => unread(page, bob.name).innerText()).toBe("1");
  await openTalk(page, bob.name);
  await expect.poll(() => texts(page)).toEqual(numbered(7, 21));
  await send(page, `I am ${name}`);
  await row(bob.page, name)
    .filter({ hasText: `I am ${name}` })
    .waitFor();
});

test("who has sent sees whether it was read", async () => {
  await openTalk(ann.page, bob.name);
  await bob.page.reload();
  await send(ann.page, "read this");
  const label = message(ann.page, "read this").locator(".align-self-bottom");
  await expect.poll(() => label.innerText()).toBe("Unread");
  await openTalk(bob.page, ann.name);
  await expect.poll(() => label.innerText()).toBe("Read");
  const { id: group } = await bob.person.openGroup("Readers", [ann.person, await kit.site.person("cy")]);
  await bob.person.send(group, "who is there?");
  await openTalk(ann.page, "Readers");
  await send(ann.page, "I am");
  const ofGroup = message(ann.page, "I am").locator(".align-self-bottom");
  await expect.poll(() => ofGroup.innerText()).toBe("Unread");
  await openTalk(bob.page, "Readers");
  await expect.poll(() => ofGroup.innerText()).toBe("1 read");
});

test("a message is revoked for both, by the kit and by the web client", async () => {
  await face();
  await send(ann.page, "a mistake");
  await message(bob.page, "a mistake").waitFor();
  await choose(ann.page, "a mistake", "Recall");
  await message(ann.page, "You").filter({ hasText: "recalled a message" }).waitFor();
  await message(bob.page, ann.name).filter({ hasText: "recalled a message" }).waitFor();
  expect(await last()).toMatchObject({ revoked: true });
  const { seq } = await ann.person.send(id, "another one");
  await message(bob.page, "another one").waitFor();
  await ann.person.revoke(id, seq);
  await expect.poll(() => message(bob.page, "recalled a message").count()).toBe(2);
  await message(bob.page, "another one").waitFor({ state: "detached" });
});

test("an edit is in the list at once, and in the conversation when it is opened again", async () => {
  await face();
  const { seq } = await ann.person.send(id, "befroe");
  await message(bob.page, "befroe").waitFor();
  await ann.person.call("PATCH", `/v1/conversations/${id}/messages/${seq}`, {
    ...{ body: { text: "before" }, base_version: 1 },
  });
  await row(bob.page, ann.name).filter({ hasText: "before" }).waitFor();
  // The kit draws the text of a message once.
  await bob.page.reload();
  await openTalk(bob.page, ann.name);
  await message(bob.page, "before").waitFor();
  expect(await texts(bob.page)).not.toContain("befroe");
});

test("a message is answered: the quoted one is shown, and once it is revoked it is not", async () => {
  await face();
  await send(bob.page, "tea or coffee?");
  await message(ann.page, "tea or coffee?").waitFor();
  await choose(ann.page, "tea or coffee?", "Reference");
  await ann.page.locator(".input-quote-content", { hasText: "tea or coffee?" }).waitFor();
  await send(ann.page, "tea");
  const quote = (page: typeof ann.page) => message(page, "tea").locator(".reference-content");
  for (const { page } of [ann, bob])
    await quote(page)
      .filter({ hasText: `${bob.name}: tea or coffee?` })
      .waitFor();
  expect(await last()).toMatchObject({ body: { text: "tea" } });
  // It is a quote over v1, too, and one of v1 is shown as the kit's own.
  const messages = `/v1/conversations/${id}/messages`;
  const answered = () => ann.person.call("GET", `${messages}?limit=1`);
  const [{ seq, quote: quoted }] = Object(await answered()).items;
  expect(quoted).toMatchObject({ preview: "tea or coffee?" });
  await bob.person.call("POST", messages, {
    ...{ kind: "text", body: { text: "with milk?" }, quote_seq: seq },
  });
  await message(ann.page, "with milk?")
    .locator(".reference-content", { hasText: `${ann.name}: tea` })
    .waitFor();
  await choose(bob.page, "tea or coffee?", "Recall");
  await ann.page.reload();
  await openTalk(ann.page, bob.name);
  await ann.page.locator(".reference-content", { hasText: "withdrawn" }).waitFor();
});

test("reactions are made in the kit, and both see them at once, and after a reload", async () => {
  await face();
  await send(ann.page, "I have won");
  await message(bob.page, "I have won").waitFor();
  await openMenu(bob.page, "I have won");
  await bob.page.locator(".emoji-list-item").first().click();
  const isShown = () =>
    Promise.all(
      [ann, bob].map(({ page }) =>
        message(page, "I have won")
          .locator(".emoji-react-item", { hasText: bob.name.slice(0, 10) })
          .waitFor(),
      ),
    );
  await isShown();
  expect(await last()).toMatchObject({ reactions: [{ count: 1 }] });
  for (const { page } of [ann, bob]) await page.reload();
  await face();
  await isShown();
});

test("a picture and a file are sent, shown, and saved", async () => {
  await face();
  const upload = (type: string, name: string, mimeType: string, buffer: Buffer) =>
    ann.page.locator(`input[data-type=${type}]`).setInputFiles({ name, mimeType, buffer });
  await upload("image", "dot.png", "image/png", PNG);
  for (const { page } of [ann, bob])
    await expect
      .poll(() => page.locator("img.message-image").evaluate((one) => Reflect.get(one, "naturalWidth")))
      .toBe(1);
  expect(await last()).toMatchObject({ kind: "image" });
  await upload("file", "notes.txt", "text/plain", Buffer.from("some notes"));
  await message(bob.page, "notes.txt").filter({ hasText: "10.00B" }).waitFor();
  const saving = bob.page.waitForEvent("download");
  await bob.page.locator(".file-message-montainer").click();
  expect((await saving).suggestedFilename()).toBe("notes.txt");
});

test("messages are forwarded, one by one and together, and deleted for oneself", async () => {
  const { id: group } = await bob.person.openGroup("Forwards", [ann.person]);
  await bob.person.send(group, "first");
  await bob.person.send(group, "second");
  await face();
  await openTalk(bob.page, "Forwards");
  await choose(bob.page, "first", "Forward");
  await pick(bob.page, ann.name);
  await done(bob.page);
  await message(ann.page, "first").waitFor();
  await choose(bob.page, "first", "Select");
  for (const text of ["first", "second"])
    await message(bob.page, text).locator(".multiple-select-radio").click();
  await bob.page.getByText("Combine Forward").last().click();
  await pick(bob.page, ann.name);
  await done(bob.page);
  await message(ann.page, "second").waitFor();
  expect(await last()).toMatchObject({ kind: "merged" });
  await choose(ann.page, "first", "Delete");
  await expect.poll(() => texts(ann.page)).not.toContain("first");
  expect(await bob.person.history(id)).toEqual(
    expect.arrayContaining([expect.objectContaining({ body: { text: "first" } })]),
  );
});

test("the kit shows that the other is typing in the web client", async () => {
  await face();
  const socket = new WebSocket(bob.person.roomUrl(id, {}), ["parley.v1", `token.${bob.person.token}`]);
  await new Promise((resolve) => {
    socket.onmessage = resolve;
  });
  const isShown = await watchTitle(ann.page, "Typing...");
  socket.send(JSON.stringify({ type: "typing" }));
  await isShown();
  socket.close();
});

test("words are found in all conversations", async () => {
  await ann.person.send(id, "a needle in hay");
  await ann.page.locator(".tui-search-input-main").click();
  await ann.page.locator(".tui-search-input-main").fill("needle");
  await ann.page.locator(".tui-search-input-main").press("Enter");
  const found = ann.page.locator(".tui-search-result-list-item", { hasText: bob.name });
  await found.getByText("needle").waitFor();
  await ann.page.reload();
});

test("conversations are pinned, muted and deleted, here and in the web client", async () => {
  const { id: group } = await bob.person.openGroup("Noise", [ann.person]);
  await bob.person.send(group, "who is there?");
  // From here on the rows stand still.
  await row(ann.page, "Noise").filter({ hasText: "who is there?" }).waitFor();
  await chooseInRow(ann.page, bob.name, "Pin");
  await expect.poll(async () => (await names(ann.page)).at(0)).toBe(bob.name);
  await bob.person.send(group, "is nobody there?");
  await row(ann.page, "Noise").filter({ hasText: "is nobody there?" }).waitFor();
  expect((await names(ann.page)).at(0)).toBe(bob.name);
  expect(await ann.person.call("GET", `/v1/conversations/${id}`)).toMatchObject({ sticky: true });
  await chooseInRow(ann.page, "Noise", "Mute");
  await row(ann.page, "Noise").locator(".num-notify").waitFor();
  expect(await ann.person.call("GET", `/v1/conversations/${group}`)).toMatchObject({ silent: true });
  await chooseInRow(ann.page, "Noise", "Delete");
  await ann.page.locator(".dialog button:visible", { hasText: /submit/i }).click();
  await row(ann.page, "Noise").waitFor({ state: "detached" });
  await chooseInRow(ann.page, bob.name, "Unpin");
  await ann.page.locator(".tui-conversation-item-pinned").waitFor({ state: "detached" });
  await bob.person.send(group, "once more");
  await row(ann.page, "Noise").filter({ hasText: "once more" }).waitFor();
});

test("a group is made in the kit: everybody in it sees it, its tips and its end", async () => {
  const cy = await kit.site.person("cy");
  await row(ann.page, bob.name).waitFor();
  await ann.page.locator(".tui-search-more .more").click();
  await ann.page.locator(".tui-search-more-list .list-item", { hasText: "New group chat" }).click();
  for (const { user } of [bob.person, cy]) await find(ann.page, user.username);
  await done(ann.page);
  await ann.page.locator(".group-list-item input").first().fill("Lunch");
  await ann.page.locator(".group-profile-footer .btn-submit").click();
  await title(ann.page, "Lunch").waitFor();
  await openTalk(bob.page, "Lunch");
  await send(bob.page, "at noon?");
  await message(ann.page, "at noon?").filter({ hasText: bob.name }).waitFor();
  await field(ann.page).pressSequentially("@");
  await ann.page.locator(".member-list-box-body").getByText(bob.name).click();
  await field(ann.page).press("Enter");
  await message(bob.page, `@${bob.name}`).waitFor();

  const group = (await cy.conversations()).find(({ name }) => name === "Lunch")?.id ?? 0;
  const path = `/v1/conversations/${group}`;
  await ann.person.call("PATCH", path, { name: "Dinner" });
  await title(bob.page, "Dinner").waitFor();
  // There is no tip for a pin: it says nothing.
  await ann.person.call("PUT", `${path}/messages/1/pin`);
  await ann.person.call("DELETE", `${path}/members/${cy.user.id}`);
  await expect
    .poll(() => tips(bob.page))
    .toEqual([
      `${ann.name} changed the group name to Dinner`,
      "",
      expect.stringMatching(`${cy.user.username.slice(0, 11)}.*was kicked out of the group`),
    ]);
  await ann.page.locator(".chat-header-setting > div").first().click();
  await ann.page.getByText("Dissolution").click();
  await row(bob.page, "Dinner").waitFor({ state: "detached" });
});

tellOfOneConversation(kit);
// The last one: for a while it takes the server away from all pages.
tellOfOutage(kit);
