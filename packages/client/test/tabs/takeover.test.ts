import { expect, onTestFinished, test } from "vitest";
import type { Chat, ConversationWindow } from "../../src/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { Network } from "../support/network.ts";
import { Server } from "../support/server.ts";
import { Tab } from "./tab.ts";

/** A leader without an answer after this time is frozen, in ms. */
const PATIENCE = 200;
/**
 * A leader that is not noticed by itself would be by a ping without an answer, in ms: no other timer of the
 * client is shorter. It takes 300 ms where nothing else runs, and a busy machine may take seconds.
 */
const TAKEOVER = 10_000;

const server = Server.shared();
let names = 0;

interface Scene {
  id: number;
  network: Network;
  bob: Chat;
  bobs: ConversationWindow;
  tabs: [Tab, Tab, Tab];
}

/** Three tabs of Ann's browser, of which the first leads, and Bob. */
async function scene(patience = PATIENCE): Promise<Scene> {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await bob.openDirect(ann);
  const network = await Network.to(server.origin);
  onTestFinished(() => network[Symbol.asyncDispose]());
  const chat = await startChat(server.origin, bob);
  const bobs = chat.open(id);
  await until(chat, ({ connection }) => connection === "live" && !bobs.view.isLoading);
  const data = {
    origin: network.origin,
    token: ann.token,
    name: `takeover${++names}`,
    patience,
    id,
  };
  const tabs: Scene["tabs"] = [await Tab.open(data), await Tab.open(data), await Tab.open(data)];
  expect(network.deviceSockets).toBe(1);
  return { id, network, bob: chat, bobs, tabs };
}

function textsOf({ messages }: { messages: readonly { body: object }[] }): string[] {
  return messages.flatMap(({ body }) => ("text" in body ? [String(body.text)] : []));
}

/** Waits until a tab shows each of these texts once, and nothing waits to be sent. */
async function shows(tab: Tab, right: string[]): Promise<void> {
  const { messages, isBroken } = await tab.until(
    (shown) => shown.messages.length >= right.length && shown.pending === 0,
  );
  expect(textsOf({ messages }).toSorted()).toEqual(right.toSorted());
  expect(isBroken).toBe(false);
}

let sends = 0;
function send(tab: Tab, content: string): void {
  tab.order({ do: "send", text: content, clientMsgId: `t${++sends}` });
}

test.each([
  // The lock ends with the tab: nobody has to lose patience.
  ["stopped", (leader: Tab) => leader.order({ do: "stop" }), TAKEOVER],
  ["closed", (leader: Tab) => leader.close(), TAKEOVER],
  ["frozen", (leader: Tab) => leader.freeze(), PATIENCE],
] as const)("when the tab with the connection is %s, another has it soon", async (_, end, patience) => {
  const { network, bob, bobs, tabs } = await scene(patience);
  const [leader, second, third] = tabs;
  for (const tab of tabs) send(tab, "before");
  for (const tab of tabs) await shows(tab, ["before", "before", "before"]);
  send(second, "under way");
  const ended = Date.now();
  await end(leader);
  // What comes while nobody listens.
  bobs.send(text("meanwhile"));
  await bob.flush();
  send(third, "behind");
  const all = ["before", "before", "before", "under way", "meanwhile", "behind"];
  for (const tab of [second, third]) await shows(tab, all);
  expect(Date.now() - ended).toBeLessThan(TAKEOVER);
  await until(bob, () => bobs.view.messages.length === all.length);
  leader.thaw();
  await expect.poll(() => network.deviceSockets).toBe(1);
  for (const tab of [second, third]) expect((await tab.until(() => true)).told).toHaveLength(1);
});

test("a frozen tab that thaws is one of the others, and has missed nothing", async () => {
  const { network, bob, bobs, tabs } = await scene();
  const [leader, second] = tabs;
  await leader.freeze();
  send(second, "one");
  await shows(second, ["one"]);
  bobs.send(text("two"));
  await bob.flush();
  leader.thaw();
  send(leader, "three");
  for (const tab of tabs) await shows(tab, ["one", "two", "three"]);
  await expect.poll(() => network.deviceSockets).toBe(1);
});

test("a connection that is cut comes back as one, and nothing is lost or shown twice", async () => {
  const { network, bob, bobs, tabs } = await scene();
  const all: string[] = [];
  for (let i = 0; i < 10; i++) {
    for (const [n, tab] of tabs.entries()) {
      send(tab, `${i} of ${n}`);
      all.push(`${i} of ${n}`);
    }
    bobs.send(text(`${i} of Bob`));
    all.push(`${i} of Bob`);
    network.cut();
    await tabs[i % 3]?.until(({ messages }) => messages.length === all.length);
  }
  await bob.flush();
  for (const tab of tabs) await shows(tab, all);
  await expect.poll(() => network.deviceSockets).toBe(1);
  for (const tab of tabs) expect(tab.shown?.told).toHaveLength(10);
});
