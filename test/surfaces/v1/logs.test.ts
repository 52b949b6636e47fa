import { afterEach, expect, test, vi } from "vitest";
import { call, PASSWORD, register, type SignedIn } from "../../support/api.ts";
import { createGroup, list, page, remove, send } from "../../support/chat.ts";
import { openRoom } from "../../support/socket.ts";

/** What no log line may hold, as it stands in a message and as JSON writes it. */
const WORDS = 'a walrus\' "secret"';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything that is logged from now on. */
function listen(): () => string {
  const levels = ["debug", "log", "info", "warn", "error"] as const;
  const spies = levels.map((level) => vi.spyOn(console, level).mockImplementation(() => undefined));
  return () => spies.flatMap((spy) => spy.mock.calls.flat()).join("\n");
}

test("no log line tells a text, a token, a password or a query", async () => {
  const logged = listen();
  const ann = await register();
  const bob = await register();
  const { id } = await createGroup(ann, [bob], WORDS);
  const socket = await openRoom(id, bob.token, `?after=0&x=${encodeURIComponent(WORDS)}`);
  await talk(ann, id);
  socket.send({ type: "send", client_msg_id: WORDS, kind: "text", body: { text: WORDS } });
  await socket.next("ack");
  socket.send(`{"type":"send","kind":"${WORDS}`);
  await socket.next("error");
  socket.close();
  await call("POST", "/v1/login", { body: { username: ann.user.username, password: WORDS } });
  await call("GET", `/v1/conversations?cursor=${encodeURIComponent(WORDS)}`, { token: ann.token });
  await call("GET", `/v1/users/${encodeURIComponent(WORDS)}?access_token=${bob.token}`, { token: WORDS });
  const lines = logged();
  expect(lines).toContain('"route":"/v1/conversations/:id/messages"');
  for (const secret of ["walrus", PASSWORD, ann.token, bob.token, ann.user.username]) {
    expect(lines).not.toContain(secret);
  }
});

async function talk(ann: SignedIn, id: number): Promise<void> {
  const { token } = ann;
  const path = `/v1/conversations/${id}/messages`;
  await send(ann, id, { kind: "text", body: { text: WORDS }, client_msg_id: WORDS });
  await call("POST", path, { token, body: { kind: WORDS, body: { text: WORDS } } });
  await call("POST", path, { token, body: `{"kind":"${WORDS}` });
  await call("POST", path, { token, body: { kind: "text", body: { text: WORDS }, quote_seq: 99 } });
  await page(ann, id);
  await list(ann);
  await remove(ann, id, 1, "everyone");
}
