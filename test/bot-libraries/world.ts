import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { TestServer } from "../../packages/client/test/support/server.ts";
import type {} from "../../packages/client/test/support/setup.ts";
import type { Person } from "../../scripts/support/person.ts";

const Made = z.object({ id: z.int() });
const Token = z.object({ token: z.string() });
const Shown = z.looseObject({
  seq: z.int(),
  kind: z.string(),
  sender: z.looseObject({ id: z.int() }),
  body: z.looseObject({ text: z.string().optional(), caption: z.string().optional() }),
  buttons: z.array(z.array(z.looseObject({ data: z.string().optional() }))).optional(),
  revoked: z.boolean(),
  reactions: z.array(z.looseObject({ key: z.string() })).optional(),
});
type Shown = z.infer<typeof Shown>;
const Page = z.object({ items: z.array(Shown) });

/** A server with a bot and a person who has a conversation with it. */
export class World implements AsyncDisposable {
  readonly server: TestServer;
  readonly person: Person;
  /** of the bot */
  readonly bot: { id: number; token: string };
  /** the conversation of the two */
  readonly id: number;
  /** the last message of the person */
  #said = 0;

  private constructor(server: TestServer, person: Person, bot: World["bot"], id: number) {
    this.server = server;
    this.person = person;
    this.bot = bot;
    this.id = id;
  }

  /** The token of the bot, as Telegram gives them. */
  get token(): string {
    return `${this.bot.id}:${this.bot.token}`;
  }

  static async start(): Promise<World> {
    // As `npm run dev` has it: a server that serves nobody but this machine.
    const server = await TestServer.start({ DEV_LOOPBACK: "on", APP_KEYS: "dev-app-key" });
    const headers = { Authorization: `Bearer ${server.serverKey}`, "Content-Type": "application/json" };
    const backend = async (method: string, path: string, body: object) => {
      const response = await fetch(`${server.origin}${path}`, {
        method,
        headers,
        body: JSON.stringify(body),
      });
      return response.json();
    };
    const user = { username: "helper", nickname: "Helper", bot: true };
    const { id: botId } = Made.parse(await backend("PUT", "/v1/server/users/ext:helper", user));
    const issued = await backend("POST", "/v1/server/users/ext:helper/tokens", { expires_in_s: 0 });
    const person = await server.person("ann");
    const opened = await person.call("POST", "/v1/conversations", { kind: "direct", user_id: botId });
    const { token } = Token.parse(issued);
    return new World(server, person, { id: botId, token }, Made.parse(opened).id);
  }

  get origin(): string {
    return this.server.origin;
  }

  /** The person writes to the bot. Answers are looked for behind this message. */
  say(text: string): Promise<void> {
    return this.#send({ kind: "text", body: { text } });
  }

  /** The same with a picture of this name, which is elsewhere. */
  show(name: string): Promise<void> {
    return this.#send({ kind: "image", body: { url: "https://pictures.example/1.png", name } });
  }

  async #send(body: object): Promise<void> {
    const path = `/v1/conversations/${this.id}/messages`;
    this.#said = Shown.parse(await this.person.call("POST", path, body)).seq;
  }

  /** The person taps on a button. */
  async tap(seq: number, data: string): Promise<void> {
    await this.person.call("POST", `/v1/conversations/${this.id}/messages/${seq}/taps`, { data });
  }

  /** The messages as the person sees them. */
  async messages(): Promise<Shown[]> {
    const path = `/v1/conversations/${this.id}/messages?limit=100`;
    return Page.parse(await this.person.call("GET", path)).items;
  }

  /** Waits for a message that the person sees. */
  async seen(is: (message: Shown) => boolean): Promise<Shown> {
    for (let tries = 0; tries < 600; tries++) {
      const found = (await this.messages()).findLast(is);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const last = (await this.messages()).slice(-5);
    throw new Error(`the person does not see it: ${JSON.stringify(last)}`);
  }

  /** The same for a text of the bot. */
  answered(text: string): Promise<Shown> {
    return this.seen(({ seq, body }) => seq > this.#said && body.text === text);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}

/** An HTTP server for a bot's webhook. */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ url: string } & Disposable> {
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
