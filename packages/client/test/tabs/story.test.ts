import { expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { runOptions } from "../../../../test/support/property-runs.ts";
import { Chat, type Message } from "../../src/index.ts";
import { Random } from "../properties/story/random.ts";
import { plain } from "../properties/story/truth.ts";
import { startChat, text, until } from "../support/chats.ts";
import { Network } from "../support/network.ts";
import { Server } from "../support/server.ts";
import { Tab } from "./tab.ts";

const { numRuns: STORIES, seed: SEED } = runOptions(1);
/** What happens in a story. */
const STEPS = 80;
const TABS = 3;
/** A leader without an answer after this time is frozen, in ms. */
const PATIENCE = 100;
/** Long enough, in ms, that only a tab that never gets there fails. */
const END = { timeout: 60_000, interval: 50 };

const server = Server.shared();

/** A tab, and what it has sent. */
interface Actor {
  tab: Tab;
  sent: string[];
  freezing: Promise<unknown> | undefined;
}

/** Everything that the server has of a conversation, over HTTP. */
async function fresh({ api }: Chat, id: number): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const query = { after: all.at(-1)?.seq ?? 0, limit: 100 };
    const page = await api.call("get", "/v1/conversations/{id}/messages", { path: { id }, query });
    all.push(...page.items);
    if (!page.has_more) return all;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function people(): Promise<[Person, Person, number]> {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await bob.openDirect(ann);
  return [ann, bob, id];
}

test.each(Array.from({ length: STORIES }, (_, i) => SEED + i))(
  "tabs that are closed, frozen and cut end with what a fresh load shows (PROPERTY_SEED=%i)",
  async (seed) => {
    const random = new Random(seed);
    const [ann, bob, id] = await people();
    const network = await Network.to(server.origin);
    onTestFinished(() => network[Symbol.asyncDispose]());
    const bobs = await startChat(server.origin, bob);
    const window = bobs.open(id);
    await until(bobs, ({ connection }) => connection === "live" && !window.view.hasOlder);
    const data = { origin: network.origin, token: ann.token, name: `story${seed}`, patience: PATIENCE, id };
    const opened = async (): Promise<Actor> => ({ tab: await Tab.open(data), sent: [], freezing: undefined });
    const actors: Actor[] = [];
    for (let i = 0; i < TABS; i++) actors.push(await opened());
    const closed: Actor[] = [];
    let sends = 0;
    for (let step = 0; step < STEPS; step++) {
      const what = random.next();
      const at = random.whole(0, TABS - 1);
      const actor = actors[at];
      if (!actor) continue;
      const { tab, sent } = actor;
      if (what < 0.35) {
        for (let i = random.whole(1, 3); i > 0; i--) {
          const clientMsgId = `${seed} ${++sends}`;
          sent.push(clientMsgId);
          tab.order({ do: "send", text: `${sends}`, clientMsgId });
        }
      } else if (what < 0.55) {
        for (let i = random.whole(1, 3); i > 0; i--) window.send(text(`Bob ${step}.${i}`));
      } else if (what < 0.68) {
        const seq = random.pick(window.view.messages)?.seq ?? 1;
        const path = { id, seq, key: random.pick(["👍", "🎉", "❤"]) ?? "" };
        const call = "/v1/conversations/{id}/messages/{seq}/reactions/{key}";
        await bobs.api.call(random.chance(0.7) ? "put" : "delete", call, { path }).catch(() => {});
      } else if (what < 0.76) tab.order({ do: "read" });
      else if (what < 0.82) tab.order({ do: random.chance(0.5) ? "focus" : "blur" });
      else if (what < 0.87) {
        await actor.freezing;
        await tab.close();
        closed.push(actor);
        actors[at] = await opened();
      } else if (what < 0.93) {
        const time = random.whole(0, 400);
        actor.freezing ??= tab.freeze().then(async () => {
          await pause(time);
          tab.thaw();
          actor.freezing = undefined;
        });
      } else network.cut();
      await pause(random.whole(0, 30));
    }
    for (const { freezing } of actors) await freezing;
    await bobs.flush();
    for (const { tab, sent } of actors)
      await tab.until(({ pending, sends: made }) => made === sent.length && pending === 0);

    const anns = new Chat({ url: server.origin, token: ann.token });
    const all = await vi.waitFor(async () => {
      const right = (await fresh(anns, id)).map(plain);
      const { unread_count: unread } = await anns.api.call("get", "/v1/conversations/{id}", { path: { id } });
      for (const { tab } of actors) {
        const { messages = [], unread: shown, isBroken } = tab.shown ?? {};
        expect(messages.map(plain)).toEqual(right.slice(-messages.length));
        expect({ unread: shown, isBroken }).toEqual({ unread, isBroken: false });
      }
      return right;
    }, END);
    const ids = all.flatMap(({ client_msg_id }) => client_msg_id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { sent } of [...actors, ...closed])
      expect(ids.filter((one) => sent.includes(one))).toEqual(sent.filter((one) => ids.includes(one)));
    const others = all.filter(({ sender }) => sender.id === bob.user.id).map(({ seq }) => seq);
    for (const { tab, sent } of actors) {
      expect(sent.filter((one) => !ids.includes(one))).toEqual([]);
      const { told = [] } = tab.shown ?? {};
      expect(told).toEqual(told.length > 0 ? others.slice(-told.length) : []);
    }
    await vi.waitUntil(() => network.deviceSockets === 1, END);
  },
);
