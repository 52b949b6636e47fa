import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../../dist/openapi.d.ts";

/** A message, as the types have it that openapi-typescript makes of /openapi.json. */
export type Message = components["schemas"]["Message"];
type SignedIn = components["schemas"]["SignedIn"];
type ServerFrame = components["schemas"]["DeviceServerFrame"];
type ClientFrame = components["schemas"]["DeviceClientFrame"];

/** A call that was refused. `code` says why. */
export class Refused extends Error {
  readonly code: components["schemas"]["ProblemCode"];

  constructor({ code, detail }: components["schemas"]["Problem"]) {
    super(detail);
    this.code = code;
  }
}

/** A small chat client, written as somebody would who has the generated types and nothing else of Parley. */
export class Chat {
  readonly #api: Client<paths>;
  #token = "";

  /** @param fetch what sends the calls */
  constructor(baseUrl: string, fetch: (request: Request) => Promise<Response>) {
    this.#api = createClient<paths>({ baseUrl, fetch });
    this.#api.use({
      onRequest: ({ request }) => {
        if (this.#token) request.headers.set("Authorization", `Bearer ${this.#token}`);
        return request;
      },
    });
  }

  async register(username: string, password: string): Promise<SignedIn["user"]> {
    const { data, error } = await this.#api.POST("/v1/register", { body: { username, password } });
    if (error) throw new Refused(error);
    this.#token = data.token;
    return data.user;
  }

  async login(username: string, password: string): Promise<SignedIn["user"]> {
    const { data, error } = await this.#api.POST("/v1/login", { body: { username, password } });
    if (error) throw new Refused(error);
    this.#token = data.token;
    return data.user;
  }

  get token(): string {
    return this.#token;
  }

  /** @returns the id of the group, and who may join it */
  async createGroup(name: string, memberIds: number[]) {
    const { data, error } = await this.#api.POST("/v1/conversations", {
      body: { kind: "group", name, member_ids: memberIds },
    });
    if (error) throw new Refused(error);
    if (data.kind !== "group") throw new Error("a direct conversation");
    return { id: data.id, joinPolicy: data.join_policy, role: data.role };
  }

  /** The names of one's conversations: of the other user, or of the group. */
  async names(): Promise<string[]> {
    const { data, error } = await this.#api.GET("/v1/conversations", { params: { query: { limit: 100 } } });
    if (error) throw new Refused(error);
    return data.items.map((one) => (one.kind === "direct" ? one.peer.username : `${one.name} (${one.role})`));
  }

  async send(id: number, text: string): Promise<Message> {
    const { data, error } = await this.#api.POST("/v1/conversations/{id}/messages", {
      params: { path: { id } },
      body: { client_msg_id: crypto.randomUUID(), kind: "text", body: { text } },
    });
    if (error) throw new Refused(error);
    return sentNow(data);
  }

  async forward(id: number, { conversation_id, seq }: Message): Promise<Message> {
    const { data, error } = await this.#api.POST("/v1/conversations/{id}/messages", {
      params: { path: { id } },
      body: { client_msg_id: crypto.randomUUID(), forward: { conversation_id, seq } },
    });
    if (error) throw new Refused(error);
    return sentNow(data);
  }

  /** Uploads a picture, and sends it. */
  async sendPicture(id: number, picture: Blob, name: string): Promise<Message> {
    const uploaded = await this.#api.POST("/v1/files", {
      body: { file: name },
      bodySerializer: () => {
        const form = new FormData();
        form.append("file", picture, name);
        return form;
      },
    });
    if (uploaded.error) throw new Refused(uploaded.error);
    const { url, size, content_type } = uploaded.data;
    const { data, error } = await this.#api.POST("/v1/conversations/{id}/messages", {
      params: { path: { id } },
      body: { kind: "image", body: { url, name, size, content_type } },
    });
    if (error) throw new Refused(error);
    return sentNow(data);
  }

  async revoke(id: number, seq: number): Promise<void> {
    const { error } = await this.#api.DELETE("/v1/conversations/{id}/messages/{seq}", {
      params: { path: { id, seq }, query: { for: "everyone" } },
    });
    if (error) throw new Refused(error);
  }

  /** The whole history, page by page, from the oldest message on. */
  async history(id: number): Promise<Message[]> {
    const all: Message[] = [];
    for (let hasMore = true; hasMore; ) {
      const query = { after: all.at(-1)?.seq ?? 0, limit: 2 };
      const path = { id };
      const { data, error } = await this.#api.GET("/v1/conversations/{id}/messages", {
        params: { path, query },
      });
      if (error) throw new Refused(error);
      all.push(...data.items);
      hasMore = data.has_more;
    }
    return all;
  }

  async search(id: number, q: string): Promise<Message[]> {
    const { data, error } = await this.#api.GET("/v1/conversations/{id}/messages/search", {
      params: { path: { id }, query: { q } },
    });
    if (error) throw new Refused(error);
    return data.items;
  }
}

/** A message in one line: `kind` and `revoked` select the fields of the body. */
export function lineOf(message: Message): string {
  const name = message.sender.username;
  if (message.revoked) return `${name} took a message back`;
  switch (message.kind) {
    case "text":
      return `${name}: ${message.body.text}`;
    case "image":
      return `${name} sent ${message.body.name ?? message.body.url}`;
    case "location":
      return `${name} is at ${message.body.latitude}, ${message.body.longitude}`;
    case "merged":
      return `${name} forwarded ${message.body.items.map(({ body, kind }) => body.text ?? kind).join(", ")}`;
    case "tip":
      return `${message.body.event} ${message.body.user_ids.length}`;
    default:
      return `${name} sent ${message.kind}`;
  }
}

/** The text of a message, or of several; `type` selects the fields of a frame. */
export function textsOf(frame: ServerFrame): string[] {
  const isText = (message: Message) => message.kind === "text" && !message.revoked;
  if (frame.type === "message") return isText(frame.message) ? [lineOf(frame.message)] : [];
  return frame.type === "messages" ? frame.items.filter(isText).map(lineOf) : [];
}

/** What a client sends on its device socket, as text. */
export function frameOf(frame: ClientFrame): string {
  return JSON.stringify(frame);
}

/** A frame of the server; null for the word `pong`. */
export function parseFrame(text: string): ServerFrame | null {
  return text === "pong" ? null : JSON.parse(text);
}

type Accepted = components["schemas"]["ScheduledAnswer" | "PassingAnswer"];

/** The answer to a send without `send_at` and `only_for`, which is always a message. */
function sentNow(answer: Message | Accepted): Message {
  if (!("seq" in answer)) throw new Error("accepted without a time and a reader");
  return answer;
}
