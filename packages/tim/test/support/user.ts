import { onTestFinished } from "vitest";
import { Server } from "../../../client/test/support/server.ts";
import type {} from "../../../client/test/support/setup.ts";
import { type Chat, create, EVENT, type Handler } from "../../src/index.ts";
import type { ChatEvent, Message } from "../../src/types.ts";

let apps = 0;

/** A user of the server that the tests share, with a chat of their own. */
export class User {
  readonly chat: Chat;
  readonly userID: string;
  readonly token: string;
  readonly #heard: ChatEvent[] = [];

  private constructor(chat: Chat, userID: string, token: string) {
    this.chat = chat;
    this.userID = userID;
    this.token = token;
    const note: Handler = (event) => void this.#heard.push(event);
    for (const name of Object.values(EVENT)) chat.on(name, note);
  }

  /** A user who is signed in, and ready. */
  static async ready(name: string, server = Server.shared()): Promise<User> {
    const { token, user } = await server.person(name);
    return User.onDevice(user.username, token, server.origin);
  }

  /** Another device of a user, perhaps over another address. */
  static async onDevice(userID: string, token: string, server = Server.shared().origin): Promise<User> {
    const user = new User(create({ SDKAppID: ++apps, server }), userID, token);
    onTestFinished(() => user.chat.destroy());
    await user.chat.login({ userID, userSig: token });
    await user.until(EVENT.SDK_READY, () => true);
    return user;
  }

  /** What the app has heard of an event, in order. */
  heard<Data>(name: string): Data[] {
    return this.#heard.filter((event) => event.name === name).map(({ data }) => data as Data);
  }

  /** The messages that the app has heard of by an event. */
  messages(name: string = EVENT.MESSAGE_RECEIVED): Message[] {
    return this.heard<Message[]>(name).flat();
  }

  /** Resolves once an event was heard whose data are so. @returns the data */
  async until<Data>(name: string, holds: (data: Data) => boolean): Promise<Data> {
    for (;;) {
      const found = this.heard<Data>(name).find(holds);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const hear = () => {
          this.chat.off(name, hear);
          // Behind the handler that notes it.
          setTimeout(resolve);
        };
        this.chat.on(name, hear);
      });
    }
  }

  /** Resolves once a message for which `holds` was heard of by an event. */
  async message(
    holds: (message: Message) => boolean,
    name: string = EVENT.MESSAGE_RECEIVED,
  ): Promise<Message> {
    const [found] = (await this.until<Message[]>(name, (list) => list.some(holds))).filter(holds);
    if (!found) throw new Error("no message");
    return found;
  }

  /** Sends a text. */
  async say(to: string, text: string, conversationType: "C2C" | "GROUP" = "C2C"): Promise<Message> {
    const message = this.chat.createTextMessage({ to, conversationType, payload: { text } });
    return (await this.chat.sendMessage(message)).data.message;
  }

  conversation(conversationID: string) {
    return this.chat.getConversationList().then(({ data }) => {
      return data.conversationList.find((one) => one.conversationID === conversationID);
    });
  }
}

export { eventually } from "./eventually.ts";
export const texts = (messages: Message[]): (string | undefined)[] =>
  messages.map(({ payload }) => payload.text);
