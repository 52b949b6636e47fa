import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { useChannels, useRoles, useSpaces } from "../../../react/src/spaces/index.ts";
import { newsBySpace, Spaces } from "../../src/spaces/index.ts";
import { startChat, until } from "../support/chats.ts";
import { element, stubPage } from "../support/page.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();

/** A space of Ann's, in which Bob is; and Bob's client. */
async function club() {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const id = Number(Object(await ann.call("POST", "/v1/spaces", { name: "Garden club" })).id);
  const path = `/v1/spaces/${id}`;
  const { code } = Object(await ann.call("POST", `${path}/invitations`, {}));
  await bob.call("POST", `/v1/invitations/${code}`);
  const chat = await startChat(server.origin, bob);
  await until(chat, ({ connection }) => connection === "live");
  const spaces = new Spaces(chat);
  onTestFinished(() => spaces.close());
  const channel = async (name: string) =>
    Number(Object(await ann.call("POST", `${path}/channels`, { name })).id);
  return { ann, bob, id, path, chat, spaces, channel };
}

/** Waits until what is shown of spaces is something: looks again whenever it may have changed. */
function shown<T>(spaces: Spaces, look: () => T | undefined | false): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      const found = look();
      if (found === undefined || found === false) return;
      end();
      resolve(found);
    };
    const end = spaces.subscribe(check);
    check();
  });
}

test("keeps spaces, channels and roles as they are today, and nothing of a space that the user has left", async () => {
  const { ann, bob, id, path, chat, spaces, channel } = await club();
  const names = () => spaces.channels(id)?.items.map(({ name }) => name);
  const known = await shown(spaces, () => spaces.list());
  expect(known).toMatchObject([{ id, name: "Garden club" }]);
  await shown(spaces, names);
  expect(names()).toEqual(["general"]);
  expect(spaces.channels(id)).toBe(spaces.channels(id));

  const seeds = await channel("seeds");
  await ann.call("POST", `${path}/roles`, { name: "Gardeners" });
  await shown(spaces, () => names()?.includes("seeds"));
  await shown(spaces, () => spaces.roles(id)?.some(({ name }) => name === "Gardeners"));
  expect((await spaces.readers(seeds, { q: bob.user.username })).items).toMatchObject([
    { user: { id: bob.user.id } },
  ]);

  await spaces.follow(seeds);
  await until(chat, (state) => state.conversation(seeds));
  await shown(spaces, () => spaces.channels(id)?.items.find((one) => one.id === seeds)?.following);
  const mention = { kind: "text", body: { text: "Bob?" }, client_msg_id: "m1", mentions: [bob.user.id] };
  await ann.call("POST", `/v1/conversations/${seeds}/messages`, mention);
  await until(chat, (state) => state.conversation(seeds)?.mentions.length === 1);
  expect(newsBySpace(chat.state.conversations, Date.now()).get(id)).toEqual({ badge: 1, mentions: 1 });
  await spaces.follow(seeds, false);
  await until(chat, (state) => !state.conversation(seeds));

  await ann.call("DELETE", `${path}/members/${bob.user.id}`);
  await shown(spaces, () => spaces.list()?.length === 0);
  expect([spaces.channels(id), spaces.roles(id)]).toEqual([undefined, undefined]);
});

test("shows them in components, which render again as they change", async () => {
  const { id, spaces, channel } = await club();
  stubPage();
  const box = element();
  const App = () => {
    const names = useSpaces(spaces)?.map(({ name }) => name);
    const channels = useChannels(spaces, id)?.items.map(({ name }) => name);
    const roles = useRoles(spaces, id)?.length;
    return `${names} / ${channels} / ${roles} / ${useChannels(spaces, undefined)}`;
  };
  const tree = createRoot(box);
  tree.render(createElement(App));
  await eventually(() => expect(box.textContent).toBe("Garden club / general / 1 / undefined"));
  await channel("seeds");
  await eventually(() => expect(box.textContent).toBe("Garden club / general,seeds / 1 / undefined"));
  // React goes on in later turns, and asks for the window, which may be gone by then.
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await act(async () => tree.unmount());
  Reflect.deleteProperty(globalThis, "IS_REACT_ACT_ENVIRONMENT");
});
