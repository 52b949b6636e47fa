import { expect, onTestFinished, test } from "vitest";
import { type Api, Chat, type ClientSocket, type OpenSocket } from "../../src/index.ts";
import { shareSocket } from "../../src/tabs/index.ts";
import { type Opened, ScriptedServer } from "../support/scripted-server.ts";

const CONVERSATION = 7;
let names = 0;

/** A tab as its sockets show it. */
class Tab {
  readonly frames: { type: string; place: number; rev: number | undefined }[] = [];
  readonly codes: number[] = [];
  readonly socket: ClientSocket;
  #heard = () => {};

  constructor(open: OpenSocket, url: string, api: Api) {
    this.socket = open(url, ["parley.v1", "token.t"], api);
    onTestFinished(() => this.socket.close());
    this.socket.onmessage = ({ data }) => {
      if (data === "pong") return;
      const frame: { type: string; message?: { seq: number }; seq?: number; rev?: number } = JSON.parse(data);
      const { type, message, seq = 0, rev } = frame;
      this.frames.push({ type, place: message?.seq ?? seq, rev });
      this.#heard();
    };
    this.socket.onclose = ({ code }) => {
      this.codes.push(code);
      this.#heard();
    };
  }

  async until(is: () => boolean): Promise<void> {
    while (!is())
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  places(): number[] {
    return this.frames.filter(({ place }) => place > 0).map(({ place }) => place);
  }
}

interface Scene {
  first: Tab;
  second: Tab;
  server: Opened;
  scripted: ScriptedServer;
  /** of the shared socket */
  name: string;
}

/** Two tabs on a server that says what a test wants; the first one leads. */
async function scene(): Promise<Scene> {
  const scripted = await ScriptedServer.start();
  onTestFinished(() => scripted[Symbol.asyncDispose]());
  const url = `${scripted.origin.replace("http", "ws")}/v1/socket?threads=all`;
  const { api } = new Chat({ url: scripted.origin, token: "t" });
  const name = `order${++names}`;
  const open = shareSocket(name);
  const first = new Tab(open, url, api);
  const server = await scripted.opened();
  const second = new Tab(open, url, api);
  say(server, { type: "ready", user_id: 1 });
  for (const tab of [first, second]) await tab.until(() => tab.frames.length > 0);
  return { first, second, server, scripted, name };
}

function say({ socket }: Opened, frame: object): void {
  socket.send(JSON.stringify(frame));
}

function message(seq: number, sender = 2): object {
  return { conversation_id: CONVERSATION, seq, sender: { id: sender }, rev: 0, body: { text: `${seq}` } };
}

function ack(client_msg_id: string, seq: number): object {
  return {
    type: "ack",
    conversation_id: CONVERSATION,
    client_msg_id,
    seq,
    created_at: 1,
    message: message(seq, 1),
  };
}

function send(tab: Tab, ...ids: string[]): void {
  const items = ids.map((client_msg_id) => ({ conversation_id: CONVERSATION, client_msg_id }));
  tab.socket.send(JSON.stringify({ type: "sends", items }));
}

test("what comes before the ack of an earlier send waits for the ack, in all tabs", async () => {
  const { first, second, server } = await scene();
  send(second, "a", "b");
  await server.frame();
  say(server, { type: "message", message: message(1) });
  say(server, { type: "messages", items: [message(3), message(5)] });
  say(server, { type: "changed", conversation_id: CONVERSATION, rev: 1, items: [message(4)] });
  say(server, { type: "typing", conversation_id: 8, user_id: 2 });
  for (const tab of [first, second]) await tab.until(() => tab.frames.at(-1)?.type === "typing");
  for (const tab of [first, second]) expect(tab.places()).toEqual([]);
  say(server, { type: "acks", items: [ack("a", 2), ack("b", 4)] });
  for (const tab of [first, second]) {
    await tab.until(() => tab.frames.at(-1)?.type === "changed");
    expect(tab.places()).toEqual([1, 2, 3, 4, 5]);
  }
});

test("sends of two tabs to one conversation are under way one after the other", async () => {
  const { first, second, server } = await scene();
  send(first, "a");
  expect(await server.frame()).toContain('"a"');
  send(second, "b");
  // Behind it on the channel, so that both have come to the hub.
  second.socket.send("ping");
  expect(await server.frame()).toBe("ping");
  // A repeat goes at once.
  send(first, "a");
  expect(await server.frame()).toContain('"a"');
  say(server, { type: "error", code: "unavailable", client_msg_id: "a" });
  expect(await server.frame()).toContain('"b"');
});

test("a crowded group goes on once a tab wants it, and all tabs load it again then", async () => {
  const { first, second, server } = await scene();
  const activity = { type: "activity", conversation_id: CONVERSATION, last_seq: 9, rev: 4 };
  say(server, activity);
  for (const tab of [first, second]) await tab.until(() => tab.frames.at(-1)?.type === "activity");
  second.socket.send(JSON.stringify({ type: "sync", conversation_id: CONVERSATION, after: 3, rev: 1 }));
  const { after, rev } = JSON.parse(await server.frame());
  expect([after, rev]).toEqual([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  say(server, { type: "synced", conversation_id: CONVERSATION, last_seq: 9, rev: 4, has_more: false });
  await first.until(() => first.frames.filter(({ type }) => type === "activity").length === 2);
  expect(first.frames.map(({ type }) => type)).not.toContain("synced");
});

test("a loss is told to all tabs with its code, and the end of a token to the leader alone", async () => {
  const { first, second, server } = await scene();
  server.socket.close(4429);
  for (const tab of [first, second]) await tab.until(() => tab.codes.length > 0);
  expect([first.codes, second.codes]).toEqual([[4429], [4429]]);
  const other = await scene();
  say(other.server, { type: "kicked", reason: "session_ended" });
  await other.first.until(() => other.first.frames.at(-1)?.type === "kicked");
  // As a client does.
  other.first.socket.close();
  say(await other.scripted.opened(), { type: "ready", user_id: 1 });
  await other.second.until(() => other.second.frames.length > 1);
  expect(other.second.frames.map(({ type }) => type)).toEqual(["ready", "ready"]);
  expect(other.second.codes).toEqual([]);
});

test("what comes while a tab loads waits behind the page, and claims no more than the socket has brought", async () => {
  const { first, second, server, scripted } = await scene();
  const revs = ({ frames }: Tab) =>
    frames.flatMap(({ type, place, rev }) => (type === "ready" ? [] : [[type, rev ?? place]]));
  scripted.answers.set("changes", { items: [message(1)], hidden: [2], rev: 5, has_more: false });
  scripted.answers.set("messages", { items: [message(4), message(6)], has_more: false });
  second.socket.send(JSON.stringify({ type: "sync", conversation_id: CONVERSATION, after: 3, rev: 1 }));
  const changed = (rev: number) =>
    say(server, { type: "changed", conversation_id: CONVERSATION, rev, items: [message(1)] });
  say(server, { type: "message", message: message(5) });
  changed(6);
  const page = [
    ["changed", 5],
    ["hidden", 5],
    ["messages", 0],
    ["synced", 5],
  ];
  // The socket has brought the messages up to 5, and the tab has 6.
  const live = [
    ["message", 5],
    ["changed", 0],
  ];
  await second.until(() => second.frames.length === 7);
  expect(revs(second)).toEqual([...page, ...live]);
  expect(revs(first)).toEqual([
    ["message", 5],
    ["changed", 6],
  ]);
  say(server, { type: "message", message: message(6) });
  changed(7);
  await second.until(() => second.frames.length === 9);
  expect(revs(second).slice(6)).toEqual([
    ["message", 6],
    ["changed", 7],
  ]);
});

test("what a tab says that leads no more is for nobody, and a new leader ends the one before", async () => {
  const { first, second, server, name } = await scene();
  const other = new BroadcastChannel(`parley:${name} socket`);
  onTestFinished(() => other.close());
  other.postMessage({ leader: "thawed", frame: JSON.stringify({ type: "presence", user_id: 2 }) });
  other.postMessage({ leader: "thawed", code: 1006 });
  say(server, { type: "typing", conversation_id: CONVERSATION, user_id: 2 });
  for (const tab of [first, second]) {
    await tab.until(() => tab.frames.at(-1)?.type === "typing");
    expect(tab.frames.map(({ type }) => type)).toEqual(["ready", "typing"]);
  }
  other.postMessage({ leader: "thief", begins: true });
  other.postMessage({ leader: "thief", frame: JSON.stringify({ type: "presence", user_id: 2 }) });
  await first.until(() => first.codes.length > 0);
  await second.until(() => second.frames.at(-1)?.type === "presence");
  expect([first.codes, second.codes]).toEqual([[1006], []]);
});
