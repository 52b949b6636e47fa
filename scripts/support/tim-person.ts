import { z } from "zod";
import { assertSame } from "./assert-same.ts";

const PASSWORD = "correct horse battery staple";

const Envelope = z.looseObject({ code: z.int(), msg: z.string(), data: z.unknown() });
type Envelope = z.infer<typeof Envelope>;
const SignedIn = z.object({ token: z.string(), userinfo: z.object({ userID: z.string() }) });

/** A message of `tim`, as far as the stories read it. */
export const TimMessage = z.object({
  ID: z.string(),
  type: z.string(),
  payload: z.record(z.string(), z.unknown()),
  from: z.string(),
  to: z.string(),
  flow: z.enum(["in", "out"]),
  status: z.string(),
  conversationID: z.string(),
  isRevoked: z.boolean(),
  isPeerRead: z.boolean(),
  sequence: z.int(),
  time: z.int(),
});
export type TimMessage = z.infer<typeof TimMessage>;

const Sent = z.object({ message: TimMessage });
const Listed = z.looseObject({ data: z.array(Sent), nextReqMessageID: z.string(), isCompleted: z.boolean() });
const Lists = z.array(z.looseObject({ conversationID: z.string(), unreadCount: z.int() }));

/** The recipient of a message: a user or a group. */
export interface Addressee {
  to: string;
  conversationType: "C2C" | "GROUP";
}

/** A user who calls `tim` over plain HTTP. */
export class TimPerson {
  readonly userID: string;
  readonly token: string;
  readonly #origin: string;

  private constructor(origin: string, { token, userinfo }: z.infer<typeof SignedIn>) {
    this.#origin = origin;
    this.token = token;
    this.userID = userinfo.userID;
  }

  static async register(origin: string, username: string): Promise<TimPerson> {
    const body = { username, email: `${username}@example.org`, password: PASSWORD };
    const { data } = succeeded("/register", await post(origin, "/register", JSON.stringify(body), undefined));
    return new TimPerson(origin, SignedIn.parse(data));
  }

  /**
   * A call that must succeed.
   * @returns its `data`
   * @throws an Error if it is refused
   */
  async call(path: string, body: Record<string, unknown> = {}): Promise<unknown> {
    return succeeded(path, await this.#post(path, JSON.stringify(body))).data;
  }

  /** A call that must be refused with this code. */
  async expectRefused(code: number, path: string, body: Record<string, unknown> = {}): Promise<void> {
    const answer = await this.#post(path, JSON.stringify(body));
    assertSame(`the code of ${path} for ${this.userID} (${answer.msg})`, answer.code, code);
  }

  /** Creates a message and sends it. */
  async sendMessage(where: Addressee, payload: Record<string, unknown>): Promise<TimMessage> {
    return this.#sendDraft(
      await this.call("/message/createMessage", { ...where, priority: "Normal", payload }),
    );
  }

  /** Creates a message with a file, as a form, and sends it. */
  async sendFile(where: Addressee, file: File): Promise<TimMessage> {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...where, priority: "Normal", payload: "{}" })) {
      form.set(name, value);
    }
    form.set("file", file);
    return this.#sendDraft(
      succeeded("/message/createMessage", await this.#post("/message/createMessage", form)).data,
    );
  }

  /** Sends a text that must be refused. */
  async expectSendRefused(code: number, where: Addressee): Promise<void> {
    const body = { ...where, priority: "Normal", payload: { text: "…" } };
    const { ID } = TimMessage.parse(await this.call("/message/createMessage", body));
    await this.expectRefused(code, "/message/sendMessage", { ID });
  }

  /** One page of a conversation. */
  async page(conversationID: string, nextReqMessageID?: string): Promise<z.infer<typeof Listed>> {
    const body = { conversationID, count: 15, ...(nextReqMessageID && { nextReqMessageID }) };
    return Listed.parse(
      succeeded("/message/getMessageList", await this.#post("/message/getMessageList", JSON.stringify(body))),
    );
  }

  /** The newest messages of a conversation, in order. */
  async newest(conversationID: string): Promise<TimMessage[]> {
    return (await this.page(conversationID)).data.map(({ message }) => message);
  }

  async unread(conversationID: string): Promise<number> {
    const lists = Lists.parse(await this.call("/conversation/getConversationList", { conversationID }));
    return lists.find((listed) => listed.conversationID === conversationID)?.unreadCount ?? 0;
  }

  async #sendDraft(draft: unknown): Promise<TimMessage> {
    const { ID, status } = TimMessage.parse(draft);
    assertSame("the status of a message that is made", status, "unSend");
    const { message } = Sent.parse(await this.call("/message/sendMessage", { ID }));
    assertSame("the status of a message that is sent", message.status, "success");
    return message;
  }

  #post(path: string, body: string | FormData): Promise<Envelope> {
    return post(this.#origin, path, body, this.token);
  }
}

async function post(
  origin: string,
  path: string,
  body: string | FormData,
  token: string | undefined,
): Promise<Envelope> {
  const headers = {
    ...(typeof body === "string" && { "Content-Type": "application/json" }),
    ...(token !== undefined && { token }),
  };
  const response = await fetch(origin + path, { method: "POST", headers, body });
  return Envelope.parse(await response.json());
}

function succeeded(path: string, answer: Envelope): Envelope {
  if (answer.code !== 0) throw new Error(`${path} was refused: ${answer.code} ${answer.msg}`);
  return answer;
}
