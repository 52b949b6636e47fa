import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { getMessage } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { createGroupId } from "../../support/objects/room.ts";

let ann: SignedIn;
let id: ConversationId;

beforeAll(async () => {
  const [first] = await registerUsers(1);
  ann = first;
  id = await createGroupId(ann);
});

/** JSON in which each UTF-16 unit of a text is an escape, as some clients write it. */
function escaped(value: object): string {
  const json = JSON.stringify(value);
  return json.replace(/"([^"]{100,})"/g, (_, text: string) => `"${escapes(text)}"`);
}

function escapes(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

const emoji = "🙂".repeat(LIMITS.textLength);
const url = "https://files.example/a";
const ascii = "x".repeat(LIMITS.bodyBytes - 100);

test.each<[string, { kind: string; body: object }]>([
  ["a text", { kind: "text", body: { text: emoji } }],
  [
    "a recording",
    { kind: "audio", body: { url, transcript: "é".repeat(8_000), caption: "🙂".repeat(2_000) } },
  ],
  ["custom data of ASCII", { kind: "custom", body: { data: ascii, description: "", extension: "" } }],
])(
  "%s within its limits is stored over HTTP and both sockets, though each character is escaped",
  async (_, draft) => {
    const json = escaped({ type: "send", conversation_id: id, client_msg_id: `${draft.kind} 1`, ...draft });
    expect(json.length).toBeGreaterThan(64 * 1024);
    const answer = await call("POST", `/v1/conversations/${id}/messages`, {
      token: ann.token,
      body: json.replace(`"type":"send","conversation_id":${id},`, ""),
    });
    expect(answer.status, JSON.stringify(answer.body).slice(0, 200)).toBe(201);
    const seqs = [];
    for (const socket of [await openRoom(id, ann.token), await openDevice(ann.token)]) {
      socket.send(json.replace(" 1", ` ${seqs.length + 2}`));
      const { seq } = await socket.next("ack");
      seqs.push(Number(seq));
      socket.close();
    }
    for (const seq of seqs) expect((await getMessage(ann, id, seq)).body).toEqual(draft.body);
  },
);
