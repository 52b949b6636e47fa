import { expect, test } from "vitest";
import { startChat, text, until } from "./support/chats.ts";
import { Server } from "./support/server.ts";

const server = Server.small();
const BURST = 40;

test("a busy audience room shows a part of its messages, says where, and loads the rest", async () => {
  const [ann, bob] = await Promise.all([server.person("ann"), server.person("bob")]);
  const [anns, bobs] = await Promise.all([startChat(server.origin, ann), startChat(server.origin, bob)]);
  await Promise.all([anns, bobs].map((chat) => until(chat, ({ connection }) => connection === "live")));
  const { id } = await anns.api.call("post", "/v1/conversations", {
    body: {
      ...{ kind: "group", name: "Stage", audience: true, join_policy: "free" },
      member_ids: [bobs.state.me],
    },
  });
  await until(bobs, (state) => state.conversation(id));
  const window = anns.open(id);
  window.focus();
  let last = 0;
  // Until its own socket is open, the device socket brings each message.
  while (!window.view.gaps.length) {
    for (let n = 1; n <= BURST; n++) bobs.send(id, text(`${last + n}`));
    await bobs.flush();
    last += BURST;
    await until(
      anns,
      () => (!window.view.isLoading && window.view.gaps.at(-1)?.to === last) || seqsOf().at(-1) === last,
    );
  }
  function seqsOf(): number[] {
    return window.view.messages.map(({ seq }) => seq);
  }
  expect(seqsOf().length).toBeLessThan(last);
  expect(seqsOf()).toEqual([...new Set(seqsOf())].sort((a, b) => a - b));
  const [gap] = window.view.gaps;
  const left = Array.from({ length: last }, (_, i) => i + 1).filter((seq) => !seqsOf().includes(seq));
  for (const seq of left) expect(seq).toBeGreaterThanOrEqual(gap?.from ?? last);

  const [revoked = 0, edited = 0] = left;
  await bobs.api.call("delete", "/v1/conversations/{id}/messages/{seq}", {
    ...{ path: { id, seq: revoked }, query: { for: "everyone" } },
  });
  await bobs.api.call("patch", "/v1/conversations/{id}/messages/{seq}", {
    ...{ path: { id, seq: edited }, body: { body: { text: "edited" }, base_version: 1 } },
  });
  expect(seqsOf()).not.toContain(revoked);
  await window.rest(edited);
  expect(seqsOf()).toContain(edited);
  while (window.view.gaps.length) await window.rest();
  expect(seqsOf()).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  const shown = (seq: number) => window.view.messages.find((message) => message.seq === seq);
  expect(shown(revoked)).toMatchObject({ revoked: true });
  expect(shown(edited)).toMatchObject({ body: { text: "edited" } });

  // A gap in which nothing is of this window ends, too.
  const reply = { thread: { root: shown(edited)?.seq ?? 0, also_in_main: false } };
  for (let n = 1; n <= BURST; n++) bobs.send(id, { ...text(`reply ${n}`), ...reply });
  await bobs.flush();
  await until(anns, () => window.view.gaps.length > 0);
  for (let calls = 0; window.view.gaps.length && calls < 10; calls++) await window.rest();
  expect(window.view.gaps).toEqual([]);
});
