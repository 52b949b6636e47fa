import { z } from "zod";
import type { Person } from "../../../scripts/support/person.ts";

/** A socket may send this many messages in a while. */
const OF_SOCKET = 2_900;
/** The server takes this many sends in a frame. */
const OF_FRAME = 100;

const Acks = z.object({ type: z.literal("acks"), items: z.array(z.unknown()) });
const Ready = z.object({ type: z.literal("ready") });

/** Sends many messages, in order and fast: `text` makes each from its number, from 1 on. */
export async function write(
  person: Person,
  id: number,
  count: number,
  text = (number: number) => `Message ${number}`,
): Promise<void> {
  const texts = Array.from({ length: count }, (_, i) => text(i + 1));
  for (let i = 0; i < count; i += OF_SOCKET) await burst(person, id, texts.slice(i, i + OF_SOCKET));
}

function burst(person: Person, id: number, texts: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(person.deviceUrl, ["parley.v1", `token.${person.token}`]);
    let sent = 0;
    let stored = 0;
    const next = () => {
      const items = texts.slice(sent, sent + OF_FRAME).map((text) => ({
        ...{ conversation_id: id, client_msg_id: crypto.randomUUID(), kind: "text", body: { text } },
      }));
      sent += items.length;
      socket.send(JSON.stringify({ type: "sends", items }));
    };
    socket.addEventListener("message", ({ data }) => {
      const frame: unknown = JSON.parse(String(data));
      const acks = Acks.safeParse(frame).data?.items.length ?? 0;
      const { type } = z.object({ type: z.string() }).parse(frame);
      stored += type === "ack" ? 1 : acks;
      if (type === "error") reject(new Error(String(data)));
      else if (stored === texts.length) {
        socket.close();
        resolve();
      } else if (stored === sent && (acks > 0 || type === "ack" || Ready.safeParse(frame).success)) next();
    });
    socket.addEventListener("close", () => reject(new Error("the socket was closed")));
  });
}

/** What is stored of each message, from the oldest one. */
export async function kinds(person: Person, id: number): Promise<unknown[]> {
  const { items } = Object(await person.call("GET", `/v1/conversations/${id}/messages`));
  return items.map(({ kind, body }: { kind: string; body: unknown }) => [kind, body]);
}

/** The newest message, as the server has it. */
export async function newest(person: Person, id: number): Promise<unknown> {
  const { items } = Object(await person.call("GET", `/v1/conversations/${id}/messages?limit=1`));
  return items[0];
}
