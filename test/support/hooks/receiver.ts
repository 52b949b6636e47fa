import { Webhook } from "standardwebhooks";
import { inject } from "vitest";
import { z } from "zod";
import { call } from "../clients/api.ts";

const Call = z.object({
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  status: z.union([z.int(), z.literal("hang")]),
});
type Call = z.infer<typeof Call>;

const Event = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({
    conversation_id: z.int().optional(),
    seq: z.int().optional(),
    rev: z.int().optional(),
    message: z.looseObject({ body: z.looseObject({ text: z.string().optional() }) }).optional(),
  }),
});

/** An event that a receiver has answered with 2xx, whose signature is right. */
export type ReceivedEvent = z.infer<typeof Event> & { id: string };

/** A test fails after so long without a call. */
const PATIENCE_MS = 20_000;

/** What a backend runs for its hook: it verifies each call with the library of Standard Webhooks. */
export class HookReceiver {
  readonly url = `${inject("hookOrigin")}/${crypto.randomUUID()}`;
  secret = "";
  id = "";
  #seen = 0;
  readonly #calls: Call[] = [];
  /** those that were taken, by their ids */
  readonly #taken = new Map<string, ReceivedEvent>();

  /** Makes a hook that calls a new receiver. */
  static async start(key: string, hook: object = { events: ["*"] }): Promise<HookReceiver> {
    const receiver = new HookReceiver();
    const { status, body } = await call("POST", "/v1/server/hooks", {
      token: key,
      body: { url: receiver.url, ...hook },
    });
    if (status !== 201) throw new Error(`no hook: ${status} ${JSON.stringify(body)}`);
    const made = z.object({ id: z.string(), secret: z.string() }).parse(body);
    receiver.id = made.id;
    receiver.secret = made.secret;
    return receiver;
  }

  /** Sets how the next calls are answered: a status, a body with 200, or not. Later ones get a 204. */
  async answer(...answers: (number | "hang" | object)[]): Promise<void> {
    const lines = answers.map((one) => (typeof one === "object" ? `200 ${JSON.stringify(one)}` : one));
    await fetch(this.url, { method: "PUT", body: lines.join("\n") });
  }

  /** Answers the calls that hang. */
  async release(status: number): Promise<void> {
    await fetch(this.url, { method: "PATCH", body: String(status) });
  }

  /** All calls so far. */
  async calls(): Promise<readonly Call[]> {
    return this.#read("");
  }

  /** Resolves with all calls once there are so many. */
  async untilCalls(count: number): Promise<readonly Call[]> {
    while (this.#calls.length < count) await this.#read("&wait");
    return this.#calls;
  }

  /** Resolves with the events that were taken, once there are so many. A repeated one is one. */
  async until(count: number): Promise<ReceivedEvent[]> {
    while (this.#taken.size < count) await this.#read("&wait");
    return [...this.#taken.values()];
  }

  async #read(wait: string): Promise<readonly Call[]> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${this.url}?from=${this.#seen}${wait}`, { signal }).catch(
      (error: unknown) => {
        const seen = this.#calls.map((one) => `${one.status} ${one.headers["webhook-id"]}`);
        throw new Error(`no further call of the hook. There were ${JSON.stringify(seen)}`, { cause: error });
      },
    );
    const calls = z.array(Call).parse(await answer.json());
    this.#seen += calls.length;
    this.#calls.push(...calls);
    for (const one of calls) {
      if (one.status === "hang" || one.status >= 300) continue;
      const event = this.verified(one);
      if (!this.#taken.has(event.id)) this.#taken.set(event.id, event);
    }
    return this.#calls;
  }

  /** @throws for a wrong signature. The clock of a test may be days behind or ahead of that of the call */
  verified({ headers, body }: Call): ReceivedEvent {
    const { "webhook-id": id = "", "webhook-timestamp": at, "webhook-signature": given = "" } = headers;
    const right = new Webhook(this.secret).sign(id, new Date(Number(at) * 1_000), body);
    if (!given.split(" ").includes(right)) throw new Error(`wrong signature of ${id}`);
    return { id, ...Event.parse(JSON.parse(body)) };
  }
}
