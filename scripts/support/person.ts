import type { z } from "zod";
import { Conversation, Conversations, Message, Page, Problem, SignedIn, type User } from "./shapes.ts";

/** The password of everybody. */
export const PASSWORD = "correct horse battery staple";
const PAGE = 100;

interface RoomQuery {
  after?: { seq: number; rev: number } | undefined;
  threads?: "all" | undefined;
}

/** A signed-in user and their calls over HTTP. */
export class Person {
  readonly user: User;
  readonly token: string;
  readonly #origin: string;

  private constructor(origin: string, signedIn: z.infer<typeof SignedIn>) {
    this.#origin = origin;
    this.user = signedIn.user;
    this.token = signedIn.token;
  }

  static async register(origin: string, username: string): Promise<Person> {
    const body = { username, password: PASSWORD };
    return new Person(origin, SignedIn.parse(await call(origin, "POST", "/v1/register", { body })));
  }

  /** A user by their token, as that of a bot. */
  static of(origin: string, token: string, user: User): Person {
    return new Person(origin, { token, user });
  }

  /** A user who has registered. */
  static async signIn(origin: string, username: string): Promise<Person> {
    const body = { username, password: PASSWORD };
    return new Person(origin, SignedIn.parse(await call(origin, "POST", "/v1/login", { body })));
  }

  /** The same user on another device: a session of its own. */
  signIn(): Promise<Person> {
    return Person.signIn(this.#origin, this.user.username);
  }

  /** The same user on a server with another port. The token stays valid. */
  at(origin: string): Person {
    return new Person(origin, { user: this.user, token: this.token });
  }

  /** The URL of a room socket. `after` asks for a replay from that position. */
  roomUrl(conversationId: number, { after, threads }: RoomQuery): string {
    const url = new URL(`/v1/conversations/${conversationId}/socket`, this.#origin.replace("http", "ws"));
    if (after) url.search = `after=${after.seq}&rev=${after.rev}`;
    if (threads) url.searchParams.set("threads", threads);
    return url.href;
  }

  /** The URL of a device socket. */
  get deviceUrl(): string {
    return new URL("/v1/socket", this.#origin.replace("http", "ws")).href;
  }

  async openDirect(other: Person): Promise<Conversation> {
    const body = { kind: "direct", user_id: other.user.id };
    return Conversation.parse(await this.call("POST", "/v1/conversations", body));
  }

  async openGroup(name: string, others: Person[]): Promise<Conversation> {
    const body = { kind: "group", name, member_ids: others.map((other) => other.user.id) };
    return Conversation.parse(await this.call("POST", "/v1/conversations", body));
  }

  /** All conversations, page by page. */
  async conversations(): Promise<Conversation[]> {
    const all: Conversation[] = [];
    let query = "";
    for (;;) {
      const page = Conversations.parse(await this.call("GET", `/v1/conversations${query}`));
      all.push(...page.items);
      if (page.next_cursor === null) return all;
      query = `?cursor=${encodeURIComponent(page.next_cursor)}`;
    }
  }

  async conversation(id: number): Promise<Conversation> {
    return Conversation.parse(await this.call("GET", `/v1/conversations/${id}`));
  }

  /** The whole history, page by page from the first message. */
  async history(id: number): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const query = `after=${all.at(-1)?.seq ?? 0}&limit=${PAGE}`;
      const page = Page.parse(await this.call("GET", `/v1/conversations/${id}/messages?${query}`));
      all.push(...page.items);
      if (!page.has_more) return all;
    }
  }

  /** Moves the read position. Resolves once it is stored. */
  async read(id: number, seq: number): Promise<void> {
    await this.call("PUT", `/v1/conversations/${id}/read`, { seq });
  }

  async send(id: number, text: string): Promise<Message> {
    const body = { client_msg_id: crypto.randomUUID(), kind: "text", body: { text } };
    return Message.parse(await this.call("POST", `/v1/conversations/${id}/messages`, body));
  }

  /** Repairs the list of conversations. */
  async repair(): Promise<void> {
    await this.call("POST", "/v1/me/repair");
  }

  async revoke(id: number, seq: number): Promise<void> {
    await this.call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=everyone`);
  }

  /**
   * A call with JSON.
   * @returns the body of the answer; null if empty
   * @throws an Error if it is refused
   */
  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return call(this.#origin, method, path, { body, token: this.token });
  }

  /** A call that must be refused. @returns the status and the problem */
  async refused(method: string, path: string, body?: unknown): Promise<{ status: number; problem: unknown }> {
    const response = await request(this.#origin, method, path, { body, token: this.token });
    const text = await response.text();
    if (response.ok) throw new Error(`${method} ${path} should be refused: ${response.status}`);
    return { status: response.status, problem: JSON.parse(text) };
  }
}

interface CallInput {
  body?: unknown;
  token?: string;
}

function request(
  origin: string,
  method: string,
  path: string,
  { body, token }: CallInput,
): Promise<Response> {
  const headers = {
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  return fetch(origin + path, init);
}

/**
 * One call.
 * @returns the body; null if empty
 * @throws an Error with the call and the reason if it is refused
 */
async function call(origin: string, method: string, path: string, input: CallInput): Promise<unknown> {
  const response = await request(origin, method, path, input);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${reason(text)}`);
  return text === "" ? null : JSON.parse(text);
}

function reason(text: string): string {
  try {
    const { code, detail } = Problem.parse(JSON.parse(text));
    return `${code}: ${detail}`;
  } catch {
    return text.slice(0, 200);
  }
}
