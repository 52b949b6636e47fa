import { expect, test } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { runOptions } from "../../../../test/support/property-runs.ts";
import { Drafts } from "../../src/drafts/index.ts";
import { Chat } from "../../src/index.ts";
import { text, until } from "../support/chats.ts";
import { Disk, MemoryKeeper } from "../support/memory-keeper.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { Network } from "../support/network.ts";
import { Server } from "../support/server.ts";
import { Random } from "./story/random.ts";

/** A story takes a second or two. */
const { numRuns: STORIES, seed: SEED } = runOptions(4);
const STEPS = 40;

const server = Server.shared();

/** A device of the user, which keeps drafts and its outbox over reloads. */
class Device {
  readonly #person: Person;
  readonly #network: Network;
  readonly #id: number;
  readonly #storage = new MemoryStorage();
  readonly #disk = new Disk();
  #keeper = new MemoryKeeper(this.#disk);
  chat: Chat;
  drafts: Drafts;
  isOnline = true;
  /** the words that were sent or erased here */
  readonly over = new Set<string>();
  /** the texts that the user has sent here */
  readonly sent: string[] = [];

  private constructor(person: Person, network: Network, id: number) {
    this.#person = person;
    this.#network = network;
    this.#id = id;
    [this.chat, this.drafts] = this.#begin();
  }

  static async start(person: Person, id: number): Promise<Device> {
    const device = new Device(person, await Network.to(server.origin), id);
    await device.chat.start();
    await until(device.chat, (state) => state.isListed && state.conversation(id));
    return device;
  }

  #begin(): [Chat, Drafts] {
    const { token } = this.#person;
    const chat = new Chat({ url: this.#network.origin, token, pause: 20, cache: this.#keeper });
    // Another name is another browser.
    const name = new URL(this.#network.origin).port;
    return [chat, new Drafts(chat, { pause: 30, name, storage: this.#storage })];
  }

  get shown(): string {
    return this.drafts.get(this.#id)?.text ?? "";
  }

  type(word: string): void {
    this.drafts.write(this.#id, { text: `${this.shown} ${word}`.trim() });
  }

  send(): void {
    const { shown } = this;
    if (!shown) return;
    for (const word of wordsOf(shown)) this.over.add(word);
    this.sent.push(shown);
    this.drafts.send(this.#id, text(shown));
  }

  erase(): void {
    for (const word of wordsOf(this.shown)) this.over.add(word);
    this.drafts.write(this.#id, { text: "" });
  }

  async turn(): Promise<void> {
    if (this.isOnline) await this.#network.down();
    else await this.#network.up();
    this.isOnline = !this.isOnline;
  }

  /** Ends without a word, and begins anew. */
  async reload(): Promise<void> {
    this.#keeper.save();
    this.#keeper.crash();
    this.drafts.close();
    await this.chat.stop();
    this.#keeper = new MemoryKeeper(this.#disk);
    [this.chat, this.drafts] = this.#begin();
    await this.chat.start();
  }

  async end(): Promise<void> {
    this.drafts.close();
    await this.chat.stop();
    await this.#network[Symbol.asyncDispose]();
  }
}

function wordsOf(shown: string): string[] {
  return shown.split(" ").filter(Boolean);
}

/** What is shown consists of more than what was sent or erased on that device. */
function expectNothingBack(device: Device, told: string[]): void {
  const words = wordsOf(device.shown);
  const isBack = words.length > 0 && words.every((word) => device.over.has(word));
  expect(isBack, `${words} is back:\n${told.join("\n")}`).toBe(false);
}

test.each(Array.from({ length: STORIES }, (_, i) => SEED + i))(
  "of what a user types on two devices nothing is lost, and nothing comes back that was sent (PROPERTY_SEED=%i)",
  async (seed) => {
    const random = new Random(seed);
    const [ann, , id] = await server.direct("ann", "bob");
    const devices = [await Device.start(ann, id), await Device.start(await ann.signIn(), id)];
    const typed: string[] = [];
    const erased = new Set<string>();
    const told: string[] = [];
    const settled = () => Promise.all(devices.map(({ drafts, isOnline }) => isOnline && drafts.flush()));
    for (let step = 1; step <= STEPS; step++) {
      const at = random.whole(0, 1);
      const device = devices[at];
      if (!device) throw new Error("there are two");
      const act = random.next();
      const before = device.shown;
      let name: string;
      if (act < 0.45) {
        const word = `w${step}`;
        typed.push(word);
        device.type(word);
        name = `types ${word}`;
      } else if (act < 0.6) {
        device.send();
        name = "sends";
      } else if (act < 0.65) {
        for (const word of wordsOf(device.shown)) erased.add(word);
        device.erase();
        name = "erases";
      } else if (act < 0.75) {
        await device.turn();
        name = device.isOnline ? "is online" : "is offline";
      } else if (act < 0.85) {
        await device.reload();
        name = "reloads";
      } else {
        await settled();
        name = "waits";
      }
      told.push(`${"ab"[at]} ${name}: ${before} -> ${device.shown}`);
      for (const one of devices) expectNothingBack(one, told);
    }
    for (const one of devices) if (!one.isOnline) await one.turn();
    await eventually(async () => {
      for (const { chat } of devices) expect(chat.state.outbox(id)).toEqual([]);
      await settled();
      const list = await ann.call("GET", `/v1/conversations/${id}/messages?limit=100`);
      const { items } = list as { items: { body: { text: string } }[] };
      const sent = items.map(({ body }) => body.text);
      // A text that both devices show may be sent on both, while one is offline.
      expect(sent.toSorted(), told.join("\n")).toEqual(devices.flatMap((one) => one.sent).toSorted());
      const shown = devices.flatMap((one) => wordsOf(one.shown));
      const there = new Set([...sent.flatMap(wordsOf), ...shown, ...erased]);
      expect(
        typed.filter((word) => !there.has(word)),
        told.join("\n"),
      ).toEqual([]);
      const over = new Set([...sent.flatMap(wordsOf), ...erased]);
      for (const one of devices) {
        const words = wordsOf(one.shown);
        expect(
          words.length > 0 && words.every((word) => over.has(word)),
          `${words}\n${told.join("\n")}`,
        ).toBe(false);
      }
    });
    for (const one of devices) await one.end();
  },
);
