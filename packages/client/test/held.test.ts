import { expect, test } from "vitest";
import { type Withdrawal, withdraw } from "../src/held/index.ts";
import { type OutboxItem, Problem } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

const waits = { id: 7, state: "waiting" };
const refused = { id: 7, state: "refused" };
/** What the server lists, one answer after the other, what a deletion is answered, and what comes of it. */
const CASES: [
  string,
  lists: object[][],
  status: number,
  outcome: Withdrawal | number,
  isForgotten: boolean,
][] = [
  ["waits", [[waits]], 204, "withdrawn", true],
  ["is accepted on the way", [[waits], []], 409, "accepted", true],
  ["is refused on the way", [[waits], [refused]], 409, "refused", true],
  ["was refused before", [[refused]], 0, "refused", true],
  ["is not there", [[]], 0, "gone", true],
  ["stays without an answer", [[waits]], 503, 503, false],
];

test.each(CASES)("a held message that %s", async (_, lists, status, outcome, isForgotten) => {
  const [ann, , id] = await server.direct("ann", "bob");
  await ann.send(id, "Hello");
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ connection }) => connection === "live");
  const client_msg_id = chat.send(id, { ...text("fails"), quote_seq: 999 });
  await until(chat, (state) => state.outbox(id)[0]?.state === "failed");
  const [item] = chat.state.outbox(id);
  if (!item) throw new Error("no item");
  const other = { id: 9, state: "waiting", conversation_id: id + 1, client_msg_id };
  const made: string[] = [];
  const api = Object.assign(Object.create(chat.api), {
    call: async (method: string, path: string, { path: of }: { path?: { id: number } } = {}) => {
      made.push(`${method} ${of?.id ?? path}`);
      if (method === "get")
        return {
          items: [
            other,
            ...(lists.shift() ?? []).map((one) => ({ ...one, conversation_id: id, client_msg_id })),
          ],
          next_cursor: null,
        };
      if (status > 204) throw new Problem(status, { code: status === 409 ? "conflict" : "unavailable" });
      return undefined;
    },
  });
  const done = withdraw({ api, discard: (one) => chat.discard(one) }, item);
  const found = await done.catch((error: Problem) => error.status);
  expect(found).toBe(outcome);
  expect(made.filter((one) => one.startsWith("delete"))).toEqual(status ? ["delete 7"] : []);
  expect(chat.state.outbox(id).map((one: OutboxItem) => one.client_msg_id)).toEqual(
    isForgotten ? [] : [client_msg_id],
  );
});
