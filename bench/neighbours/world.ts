import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import { z } from "zod";

const Registered = z.object({ token: z.string(), user: z.object({ id: z.number() }) });
const Created = z.object({ id: z.number() });
const Sent = z.object({ seq: z.number() });
const Frame = z.looseObject({ type: z.string(), code: z.string().optional(), items: z.unknown().optional() });
const Session = z.object({ data: z.object({ session: z.object({ session_id: z.coerce.number() }) }) });

/** Bytes of texts in one frame while a group is filled, and requests that are under way at once. */
const FRAME_BYTES = 24_000;
const AT_ONCE = 8;

/** An account, and its token. */
export interface Person {
  id: number;
  username: string;
  token: string;
}

/** A group, its owner who only wants to send, and a member who disturbs. */
export interface World {
  id: number;
  owner: Person;
  member: Person;
}

/** An answer of the server: its status, and its body as text. */
export interface Answer {
  status: number;
  text: string;
}

/** A body for a send. */
export interface Send {
  kind: string;
  body: object;
  mentions?: number[] | "all";
}

/** A running server, as its users reach it: HTTP and sockets of v1. */
export class Site {
  readonly url: string;
  readonly ruleKey: string;
  #names = 0;

  constructor(url: string, ruleKey: string) {
    this.url = url;
    this.ruleKey = ruleKey;
  }

  /** Makes a call with a JSON body, or without one. */
  async call(method: string, path: string, token: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  /** Posts a body as it is. */
  async post(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
    const given = { "Content-Type": "application/json", ...headers };
    const response = await fetch(`${this.url}${path}`, { method: "POST", headers: given, body });
    return { status: response.status, text: await response.text() };
  }

  /** Registers an account with a password. */
  async register(): Promise<Person> {
    const username = `bench_${this.#names++}`;
    const password = randomBytes(12).toString("hex");
    const { text } = await this.call("POST", "/v1/register", "", { username, password });
    const { token, user } = Registered.parse(JSON.parse(text));
    return { id: user.id, username, token };
  }

  /** Makes a group of an owner and a member. */
  async group(): Promise<World> {
    const owner = await this.register();
    const member = await this.register();
    const body = { kind: "group", name: "neighbours", member_ids: [member.id] };
    const { text } = await this.call("POST", "/v1/conversations", owner.token, body);
    return { id: Created.parse(JSON.parse(text)).id, owner, member };
  }

  /** Makes a group with many members besides, whose accounts have no passwords: those cost no hashes. */
  async crowd(members: number): Promise<World> {
    const owner = await this.register();
    const member = await this.register();
    const names = Array.from({ length: members }, () => `bench_${this.#names++}`);
    const rest = [...names];
    const create = async () => {
      for (let name = rest.pop(); name !== undefined; name = rest.pop())
        await this.call("POST", "/chat/create-chat-user/", "", { user_id: name, token: this.ruleKey });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, create));
    const all = [owner.username, member.username, ...names];
    const made = { name: "crowd", type: 2, chat_user_id_list: all };
    const { text } = await this.call("POST", "/chat/create-session/", owner.token, made);
    return { id: Session.parse(JSON.parse(text)).data.session.session_id, owner, member };
  }

  /** Sends over HTTP. @returns the seq of the message */
  async send({ id }: World, { token }: Person, send: Send): Promise<number> {
    const { text } = await this.call("POST", `/v1/conversations/${id}/messages`, token, send);
    return Sent.parse(JSON.parse(text)).seq;
  }

  /** Opens a socket; undefined if it is refused. */
  open(path: string, { token }: Person): Promise<WebSocket | undefined> {
    const socket = new WebSocket(`${this.url.replace("http", "ws")}${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      perMessageDeflate: { threshold: 0 },
    });
    return new Promise((resolve) => {
      socket.once("open", () => resolve(socket));
      socket.once("error", () => resolve(undefined));
    });
  }

  /**
   * Fills a group over a socket of the member, one frame after the other. Once their budget is spent, further
   * members do it, who join for it; a frame that was refused is sent once more.
   */
  async fill(world: World, count: number, textOf: (index: number) => string): Promise<void> {
    let sent = 0;
    while (sent < count) {
      const items: object[] = [];
      for (let bytes = 0; bytes < FRAME_BYTES && items.length < 100 && sent + items.length < count; ) {
        const index = sent + items.length;
        const content = textOf(index);
        items.push({ client_msg_id: `fill-${index}`, ...text(content) });
        bytes += Buffer.byteLength(content);
      }
      const refused = await this.#sends(world, items);
      if (refused) await this.#changeFiller(world);
      else sent += items.length;
    }
    this.#filler?.terminate();
    this.#filler = undefined;
    this.#filledBy = undefined;
  }

  #filler: WebSocket | undefined;
  /** who fills; undefined: the member */
  #filledBy: Person | undefined;

  async #changeFiller({ id, owner }: World): Promise<void> {
    this.#filler?.terminate();
    this.#filler = undefined;
    this.#filledBy = await this.register();
    const added = { user_ids: [this.#filledBy.id] };
    await this.call("POST", `/v1/conversations/${id}/members`, owner.token, added);
  }

  /** Sends one frame, and waits for the answers to its items. @returns whether one was refused for now */
  async #sends(world: World, items: object[]): Promise<boolean> {
    const open = () => this.open(`/v1/conversations/${world.id}/socket`, this.#filledBy ?? world.member);
    const socket = this.#filler?.readyState === WebSocket.OPEN ? this.#filler : await open();
    if (!socket) return true;
    this.#filler = socket;
    return new Promise((resolve) => {
      let answers = 0;
      let refused = false;
      const done = () => {
        socket.off("message", take);
        socket.off("close", lost);
        resolve(refused);
      };
      const lost = () => {
        refused = true;
        done();
      };
      const take = (data: unknown) => {
        const frame = Frame.parse(JSON.parse(String(data)));
        if (frame.type === "error" && frame.code !== "rate_limited") throw new Error(String(data));
        if (frame.type === "error") refused = true;
        if (frame.type === "ack" || frame.type === "error") answers++;
        if (frame.type === "acks" && Array.isArray(frame.items)) answers += frame.items.length;
        if (answers >= items.length) done();
      };
      socket.on("message", take);
      socket.on("close", lost);
      socket.send(JSON.stringify({ type: "sends", items }));
    });
  }
}

/** The body of a text message. */
export function text(content: string): Send {
  return { kind: "text", body: { text: content } };
}

/** Runs a call again and again, several at once, until the time is over. @returns its answers by status */
export async function repeat(
  until: number,
  { atOnce = 1, pauseMs = 0 }: { atOnce?: number; pauseMs?: number },
  call: () => Promise<Answer | undefined>,
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  const loop = async () => {
    while (performance.now() < until) {
      const status = (await call())?.status ?? 0;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  return counts;
}
