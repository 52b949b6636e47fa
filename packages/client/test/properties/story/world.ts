import type { Person } from "../../../../../scripts/support/person.ts";
import { until } from "../../support/chats.ts";
import { Network } from "../../support/network.ts";
import type { TestServer } from "../../support/server.ts";
import { Actions } from "./actions.ts";
import { Device, type Room } from "./device.ts";
import { Random } from "./random.ts";
import { DatabaseStorage, MemoryStorage } from "./storage.ts";

/** How long a story is. */
export interface Extent {
  readonly messages: number;
  /** connections cut, silent or down; besides those that a kill cuts */
  readonly cuts: number;
  readonly kills: number;
  readonly reloads: number;
}

/** The members of each conversation, by their number; two are a direct conversation. */
const ROOMS = [
  [0, 1],
  [0, 2],
  [3, 4],
  [0, 1, 2, 3, 4],
  [0, 1, 2],
  [0, 3, 4],
] as const;
const USERS = ["ann", "bob", "cho", "dan", "eve"] as const;
/**
 * Whose devices there are, and which ones have the cache of the product. The last one follows all
 * conversations. The two of one user are tabs of one browser.
 */
const DEVICES = [
  { user: 0, hasDatabase: true },
  { user: 1 },
  { user: 2, hasDatabase: true },
  { user: 3 },
  { user: 0, hasDatabase: true },
  { user: 4, isBot: true },
] as const;
/** How long the bytes of a connection are on their way, in ms: of two ways none is always the quicker one. */
const DELAYS = [0, 0, 0, 10, 60];
/** A device with so many messages that wait sends no more. */
const MAX_WAITING = 60;

type Fault = "cut" | "kill" | "reload";

/** Users with their devices, who talk over networks that fail. */
export class World {
  readonly devices: readonly Device[];
  readonly rooms: readonly Room[];
  readonly #server: TestServer;
  readonly #random: Random;
  /** messages sent so far */
  #sent = 0;

  private constructor(server: TestServer, devices: Device[], rooms: Room[], random: Random) {
    this.#server = server;
    this.devices = devices;
    this.rooms = rooms;
    this.#random = random;
  }

  static async begin(server: TestServer, seed: number): Promise<World> {
    const random = new Random(seed);
    const people = await Promise.all(USERS.map((name) => server.person(name)));
    const rooms: Room[] = [];
    for (const numbers of ROOMS) rooms.push(await openRoom(numbers.flatMap((n) => people[n] ?? [])));
    const devices: Device[] = [];
    for (const [i, device] of DEVICES.entries()) {
      const person = people[device.user];
      if (!person) continue;
      const own = rooms.filter(({ members }) => members.includes(person.user.id));
      const name = `${USERS[device.user]}${i}`;
      const delays = random.fork();
      const network = await Network.to(server.origin, () => delays.pick(DELAYS) ?? 0);
      const storage =
        "hasDatabase" in device ? new DatabaseStorage(person.user.username) : new MemoryStorage();
      devices.push(new Device(name, person, network, own, storage, "isBot" in device));
    }
    for (const device of devices)
      device.tabs = devices.filter((other) => other !== device && other.me === device.me);
    await Promise.all(devices.map((device) => device.start()));
    return new World(server, devices, rooms, random);
  }

  /** All devices send, and do everything else, while faults happen. Ends when all is sound again. */
  async play({ messages, cuts, kills, reloads }: Extent): Promise<void> {
    const faults = this.#shuffled([
      ...Array<Fault>(cuts).fill("cut"),
      ...Array<Fault>(kills).fill("kill"),
      ...Array<Fault>(reloads).fill("reload"),
    ]);
    const acting = this.devices.map((device) => this.#act(device, messages, this.#random.fork()));
    const random = this.#random.fork();
    for (const [i, fault] of faults.entries()) {
      while (this.#sent < (messages * (i + 0.5)) / faults.length) await pause(5);
      await this.#fail(fault, random);
    }
    await Promise.all(acting);
    await Promise.all(this.devices.map((device) => this.#readLast(device, this.#random.fork())));
  }

  async end(): Promise<void> {
    for (const device of this.devices) {
      await device.stop();
      await device.network[Symbol.asyncDispose]();
    }
  }

  async #act(device: Device, messages: number, random: Random): Promise<void> {
    const actions = new Actions(device, random);
    while (this.#sent < messages) {
      if (!device.isStarting && device.waiting < MAX_WAITING) this.#sent += actions.act();
      await pause(random.whole(0, 25));
    }
    await actions.end();
  }

  /** The user reads, and the connection breaks: no later send tells the server how far they have read. */
  async #readLast(device: Device, random: Random): Promise<void> {
    for (const { id } of device.rooms) {
      const window = device.open(id);
      await until(device.chat, () => window.view.messages.length > 0 || !window.view.hasOlder);
      window.read(random.pick(window.view.messages.slice(-10))?.seq);
    }
    await pause(random.whole(0, 400));
    if (random.chance(0.7)) device.network.cut();
  }

  async #fail(fault: Fault, random: Random): Promise<void> {
    if (fault === "kill") {
      await this.#server.kill();
      await this.#server.restart();
      return;
    }
    const device = random.pick(this.devices);
    if (!device) return;
    const { network } = device;
    if (fault === "reload") {
      if (random.chance(0.3)) network.cut();
      await device.reload(random);
      return;
    }
    const kind = random.next();
    if (kind < 0.2) await network.down();
    else if (kind < 0.4) network.silence();
    if (kind < 0.4) await pause(random.whole(1, 300));
    // What was held back on its way arrives, or is lost.
    if (kind >= 0.3) network.cut();
    await network.up();
  }

  #shuffled<T>(some: readonly T[]): T[] {
    return some
      .map((one) => ({ one, at: this.#random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  }
}

async function openRoom([first, second, ...others]: Person[]): Promise<Room> {
  if (!first || !second) throw new Error("a conversation has two members at least");
  const members = [first, second, ...others].map(({ user }) => user.id);
  if (others.length > 0) {
    const { id } = await first.openGroup("group", [second, ...others]);
    return { id, kind: "group", members };
  }
  const { id } = await first.openDirect(second);
  await second.openDirect(first);
  return { id, kind: "direct", members };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
