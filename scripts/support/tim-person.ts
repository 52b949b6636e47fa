import { z } from "zod";
import { same } from "./same.ts";

const PASSWORD = "correct horse battery staple";

const Envelope = z.looseObject({ code: z.int(), msg: z.string(), data: z.unknown() });
type Envelope = z.infer<typeof Envelope>;
const SignedIn = z.object({ token: z.string(), userinfo: z.object({ userID: z.string() }) });

/** A message as `tim` shows it, as far as stories look at it. */
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

/** Where somebody writes: to one, or into a group. */
export interface Addressee {
  to: string;
  conversationType: "C2C" | "GROUP";
}

/** Somebody who speaks `tim` over plain HTTP. */
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

  /** One call that succeeds. @returns its `data` @throws if it is refused */
  async does(path: string, body: Record<string, unknown> = {}): Promise<unknown> {
    return succeeded(path, await this.#post(path, JSON.stringify(body))).data;
  }

  /** One call that is refused with this code. */
  async mayNot(code: number, path: string, body: Record<string, unknown> = {}): Promise<void> {
    const answer = await this.#post(path, JSON.stringify(body));
    same(`the code of ${path} for ${this.userID} (${answer.msg})`, answer.code, code);
  }

  /** Makes a message and sends it. */
  async sends(where: Addressee, payload: Record<string, unknown>): Promise<TimMessage> {
    return this.#sendDraft(
      await this.does("/message/createMessage", { ...where, priority: "Normal", payload }),
    );
  }

  /** The same with a file beside it, as a form. */
  async sendsFile(where: Addressee, file: File): Promise<TimMessage> {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...where, priority: "Normal", payload: "{}" })) {
      form.set(name, value);
    }
    form.set("file", file);
    return this.#sendDraft(
      succeeded("/message/createMessage", await this.#post("/message/createMessage", form)).data,
    );
  }

  /** A text that is refused when it is sent. */
  async maySayNothing(code: number, where: Addressee): Promise<void> {
    const body = { ...where, priority: "Normal", payload: { text: "…" } };
    const { ID } = TimMessage.parse(await this.does("/message/createMessage", body));
    await this.mayNot(code, "/message/sendMessage", { ID });
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
    const lists = Lists.parse(await this.does("/conversation/getConversationList", { conversationID }));
    return lists.find((listed) => listed.conversationID === conversationID)?.unreadCount ?? 0;
  }

  async #sendDraft(draft: unknown): Promise<TimMessage> {
    const { ID, status } = TimMessage.parse(draft);
    same("the status of a message that is made", status, "unSend");
    const { message } = Sent.parse(await this.does("/message/sendMessage", { ID }));
    same("the status of a message that is sent", message.status, "success");
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
