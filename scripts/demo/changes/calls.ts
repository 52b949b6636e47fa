import { z } from "zod";
import { assertSame } from "../../support/assert-same.ts";
import type { Person } from "../../support/person.ts";
import { Message, Page } from "../../support/shapes.ts";

const Reacted = z.object({ reactions: Message.shape.reactions, mine: z.array(z.string()) });
const Items = z.object({ items: z.array(Message) });
const Changes = z.object({ items: z.array(Message), rev: z.int(), has_more: z.boolean() });
const Threads = z.object({
  items: z.array(z.object({ root: Message, unread_count: z.int(), following: z.boolean() })),
});
const Mentions = z.object({ items: z.array(z.object({ unread: z.boolean(), message: Message })) });
const Refused = z.object({ code: z.string(), message: Message.optional() });

/** A user's calls that change messages of one conversation, and that look at what has changed. */
export class Author {
  readonly person: Person;
  readonly #path: string;

  constructor(person: Person, conversationId: number) {
    this.person = person;
    this.#path = `/v1/conversations/${conversationId}`;
  }

  /** Sends a message of any kind, with its `mentions`, `thread` and the like. */
  async send(draft: Record<string, unknown>): Promise<Message> {
    return Message.parse(await this.person.call("POST", `${this.#path}/messages`, draft));
  }

  /** Sends a text at a later time, in ms. */
  async schedule(text: string, sendAt: number): Promise<void> {
    const draft = { client_msg_id: crypto.randomUUID(), kind: "text", body: { text }, send_at: sendAt };
    await this.person.call("POST", `${this.#path}/messages`, draft);
  }

  async edit(seq: number, text: string, baseVersion: number): Promise<Message> {
    return Message.parse(await this.person.call("PATCH", this.#message(seq), edit(text, baseVersion)));
  }

  /** An edit of a version that is not the present one. @returns the message as it is, from the 409 */
  async editStale(seq: number, text: string, baseVersion: number): Promise<Message | undefined> {
    const { status, problem } = await this.person.refused(
      "PATCH",
      this.#message(seq),
      edit(text, baseVersion),
    );
    assertSame("the status of a stale edit", status, 409);
    return Refused.parse(problem).message;
  }

  /** @returns the user's own reactions to the message */
  async react(seq: number, key: string): Promise<string[]> {
    const path = `${this.#message(seq)}/reactions/${encodeURIComponent(key)}`;
    return Reacted.parse(await this.person.call("PUT", path)).mine;
  }

  async pin(seq: number): Promise<void> {
    await this.person.call("PUT", `${this.#message(seq)}/pin`);
  }

  async vote(seq: number, options: number[]): Promise<Message> {
    return Message.parse(await this.person.call("PUT", `${this.#message(seq)}/votes`, { options }));
  }

  async closePoll(seq: number): Promise<Message> {
    return Message.parse(await this.person.call("POST", `${this.#message(seq)}/close`));
  }

  /** A vote after the end. @returns the code of its refusal */
  async voteTooLate(seq: number, options: number[]): Promise<string> {
    const { status, problem } = await this.person.refused("PUT", `${this.#message(seq)}/votes`, { options });
    assertSame("the status of a vote after the end", status, 409);
    return Refused.parse(problem).code;
  }

  /** The newest page of the main stream. */
  async mainStream(): Promise<Message[]> {
    return Page.parse(await this.person.call("GET", `${this.#path}/messages`)).items;
  }

  async replies(root: number): Promise<Message[]> {
    return Page.parse(await this.person.call("GET", `${this.#path}/threads/${root}/messages`)).items;
  }

  /** The threads that the user follows. */
  async threads(): Promise<z.infer<typeof Threads>["items"]> {
    return Threads.parse(await this.person.call("GET", `${this.#path}/threads`)).items;
  }

  async pins(): Promise<Message[]> {
    return Items.parse(await this.person.call("GET", `${this.#path}/pins`)).items;
  }

  /** The messages that have changed after `rev`, in the order of their changes. */
  async changes(rev: number): Promise<Message[]> {
    return Changes.parse(await this.person.call("GET", `${this.#path}/changes?after_rev=${rev}`)).items;
  }

  /** The seqs of the unread messages that mention the user, in all conversations. */
  async unreadMentions(): Promise<number[]> {
    const { items } = Mentions.parse(await this.person.call("GET", "/v1/mentions"));
    return items.filter(({ unread }) => unread).map(({ message }) => message.seq);
  }

  /** The seqs of the messages of all conversations that contain `text`. */
  async search(text: string): Promise<number[]> {
    const path = `/v1/messages/search?q=${encodeURIComponent(text)}`;
    return Items.parse(await this.person.call("GET", path)).items.map(({ seq }) => seq);
  }

  #message(seq: number): string {
    return `${this.#path}/messages/${seq}`;
  }
}

function edit(text: string, baseVersion: number): object {
  return { body: { text }, base_version: baseVersion };
}
