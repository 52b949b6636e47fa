import { expect, onTestFinished, test, vi } from "vitest";
import type { Chat } from "../../src/index.ts";
import { People } from "../../src/people/index.ts";
import { startChat, until } from "../support/chats.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();

/** The people of a client, and the calls that are made for them. */
function peopleOf(chat: Chat) {
  const people = new People(chat);
  onTestFinished(() => people.close());
  return { people, calls: vi.spyOn(chat.api, "call") };
}

/** Waits until what is shown of people is something: looks again whenever it may have changed. */
function shown<T>(people: People, look: () => T | undefined | false): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      const found = look();
      if (found === undefined || found === false) return;
      end();
      resolve(found);
    };
    const end = people.subscribe(check);
    check();
  });
}

test("asks for the users of one turn in one call, and for none twice", async () => {
  const [ann, bob, lin] = await server.three("ann", "bob", "lin");
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ connection }) => connection === "live");
  const { people, calls } = peopleOf(chat);
  const nobody = 1_000_000;
  const ids = [bob.user.id, lin.user.id, bob.user.id, nobody, 0];
  expect(ids.map((id) => people.user(id))).toEqual(ids.map(() => undefined));
  await shown(people, () => people.user(bob.user.id));
  expect(ids.map((id) => people.user(id)?.username)).toEqual([
    ...[bob.user.username, lin.user.username, bob.user.username, undefined, undefined],
  ]);
  const users = calls.mock.calls.filter(([, path]) => path === "/v1/users");
  expect(users).toEqual([
    ["get", "/v1/users", { query: { ids: `${bob.user.id},${lin.user.id},${nobody}` } }],
  ]);
});

test("asks for more users than a call takes", async () => {
  const chat = await startChat(server.origin, await server.person("ann"));
  const last = await server.person("last");
  const { people } = peopleOf(chat);
  for (let id = 1; id <= 150; id++) people.user(id);
  expect((await shown(people, () => people.user(last.user.id))).username).toBe(last.user.username);
});

test("a user has another name, and the members of a group change", async () => {
  const [ann, bob, lin] = await server.three("ann", "bob", "lin");
  const { id } = await ann.openGroup("Noodles", [bob]);
  const chat = await startChat(server.origin, ann);
  await until(chat, (state) => state.connection === "live" && state.conversation(id));
  const { people } = peopleOf(chat);
  const names = () => people.members(id)?.map(({ user }) => user.nickname || user.username);
  expect(names()).toBeUndefined();
  await shown(people, () => names()?.length === 2);
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [lin.user.id] });
  await shown(people, () => names()?.includes(lin.user.username));
  people.user(bob.user.id);
  await bob.call("PATCH", "/v1/me", { nickname: "Robert" });
  await shown(people, () => people.user(bob.user.id)?.nickname === "Robert" && names()?.includes("Robert"));
  const card = (who: typeof bob) =>
    people.members(id)?.find(({ user }) => user.id === who.user.id)?.name_card;
  await bob.call("PATCH", `/v1/conversations/${id}/members/${bob.user.id}`, { name_card: "Cook" });
  await shown(people, () => card(bob) === "Cook");
  await lin.call("POST", `/v1/conversations/${id}/leave`);
  await shown(people, () => names()?.length === 2);
});

test("a wave of fifty member frames makes few loads, and the last one has all", async () => {
  const [ann, bob, lin] = await server.three("ann", "bob", "lin");
  const { id } = await bob.openGroup("Busy", [ann]);
  const chat = await startChat(server.origin, ann);
  await until(chat, (state) => state.connection === "live" && state.conversation(id));
  const { people, calls } = peopleOf(chat);
  const names = () => people.members(id)?.map(({ user }) => user.username);
  await shown(people, () => names()?.length === 2);
  const begun = Date.now();
  // Asks at each change, as a page does.
  onTestFinished(people.subscribe(names));
  let frames = 0;
  chat.onFrame(({ type }) => {
    if (type === "member") frames++;
  });
  for (let i = 0; i < 25; i++) {
    await bob.call("POST", `/v1/conversations/${id}/members`, { user_ids: [lin.user.id] });
    if (i < 24) await bob.call("DELETE", `/v1/conversations/${id}/members/${lin.user.id}`);
  }
  await expect.poll(() => frames).toBe(49);
  await shown(people, () => names()?.includes(lin.user.username));
  const loads = calls.mock.calls.filter(([, path]) => path === "/v1/conversations/{id}/members").length;
  expect(loads).toBeLessThanOrEqual(2 + (Date.now() - begun) / 500);
});

test("what has happened without a connection is asked for after it", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ connection }) => connection === "live");
  const { people } = peopleOf(chat);
  await shown(people, () => people.user(bob.user.id));
  await chat.stop();
  await bob.call("PATCH", "/v1/me", { nickname: "Robert" });
  expect(people.user(bob.user.id)?.nickname).toBe("");
  await chat.start();
  await shown(people, () => people.user(bob.user.id)?.nickname === "Robert");
});

test("a refusal shows nobody, and is not repeated by itself", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await bob.openGroup("Closed", []);
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ connection }) => connection === "live");
  const { people, calls } = peopleOf(chat);
  people.members(id);
  await shown(people, () => people.user(bob.user.id));
  await expect.poll(() => calls.mock.settledResults.filter(({ type }) => type === "rejected").length).toBe(1);
  expect(people.members(id)).toBeUndefined();
});

test("a listener that throws keeps nothing from the others, nor from later questions", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const chat = await startChat(server.origin, ann);
  const { people } = peopleOf(chat);
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));
  onTestFinished(
    people.subscribe(() => {
      throw new Error("on purpose");
    }),
  );
  await shown(people, () => people.user(ann.user.id));
  await shown(people, () => people.user(bob.user.id));
  expect(thrown).not.toHaveLength(0);
});

test("the list of a crowd's members is never asked for", async () => {
  const small = Server.small();
  const people = await Promise.all(["ann", "b", "c", "d", "e", "f"].map((name) => small.person(name)));
  const [ann, ...others] = people;
  if (!ann) throw new Error("nobody");
  const { id } = await ann.openGroup("A crowd", others);
  const chat = await startChat(small.origin, ann);
  await until(chat, (state) => state.connection === "live" && state.conversation(id));
  const { people: asked, calls } = peopleOf(chat);
  expect(asked.members(id)).toBeUndefined();
  // What is asked for in one turn is loaded together: this comes behind it.
  await shown(asked, () => asked.user(ann.user.id));
  expect(calls.mock.calls.map(([, path]) => path)).toEqual(["/v1/users"]);
});
