import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { TestServer } from "./support/server.ts";

const Event = z.object({
  type: z.string(),
  data: z.looseObject({ seq: z.int(), message: z.looseObject({ body: z.looseObject({}) }).optional() }),
});

/** A receiver of this machine. It answers as it is told, and else with 204. */
class Receiver {
  readonly calls: { id: string; headers: Record<string, string>; body: string; isTaken: boolean }[] = [];
  /** the next answers; `hang`: none */
  answers: (number | "hang")[] = [];
  url = "";
  #waiting: (() => void)[] = [];

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const how = this.answers.shift() ?? 204;
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const body = Buffer.concat(chunks).toString();
      this.calls.push({ id: headers["webhook-id"] ?? "", headers, body, isTaken: how === 204 });
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (how !== "hang") response.writeHead(how).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("the receiver has no port");
    this.url = `http://127.0.0.1:${address.port}/`;
  }

  /** Resolves once a condition holds, which is looked at after each call. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The events that were taken, each once, in the order of their first delivery. */
  taken(): Map<string, z.infer<typeof Event>> {
    const taken = this.calls.filter(({ isTaken }) => isTaken);
    return new Map(taken.map(({ id, body }) => [id, Event.parse(JSON.parse(body))]));
  }
}

test("every event comes in the order of its conversation, though the receiver fails and the server is killed three times", async () => {
  await using server = await TestServer.start({ DEV_LOOPBACK: "on" });
  const [ann, , id] = await server.direct("ann", "ben");
  const receiver = new Receiver();
  await receiver.start();
  const hook = z.object({ secret: z.string() }).parse(
    await (
      await fetch(`${server.origin}/v1/server/hooks`, {
        method: "POST",
        headers: { Authorization: `Bearer ${server.serverKey}`, "Content-Type": "application/json" },
        body: JSON.stringify({ url: receiver.url, events: ["*"] }),
      })
    ).json(),
  );
  let sent = 0;
  const sendSome = async (count: number) => {
    for (let i = 0; i < count; i++) await ann.send(id, `message ${++sent}`);
  };
  // Killed while a call hangs; right after sends were acknowledged; while an event waits for its next try.
  receiver.answers = ["hang"];
  await sendSome(3);
  await receiver.until(() => receiver.calls.length > 0);
  await server.kill();
  await server.restart();
  await sendSome(30);
  await server.kill();
  await server.restart();
  await receiver.until(() => receiver.taken().size >= 33);
  receiver.answers = [500];
  await sendSome(1);
  await receiver.until(() => receiver.calls.some(({ isTaken }) => !isTaken && receiver.answers.length === 0));
  await server.kill();
  await sendSome(0);
  await server.restart();
  await sendSome(2);
  await receiver.until(() => receiver.taken().size >= 36);
  const seqs = [...receiver.taken().values()].map(({ data }) => data.seq);
  expect(seqs).toEqual(Array.from({ length: 36 }, (_, i) => i + 1));
  // Each was told under one id, whose signature is right at each try.
  for (const { headers, body } of receiver.calls) new Webhook(hook.secret).verify(body, headers);
});
