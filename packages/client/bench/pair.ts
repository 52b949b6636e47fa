/**
 * A program of `npm run bench`: two clients in one direct conversation, each with an open window. Reads one
 * line with the plan, and then `start` and `stop`; prints a line `ready`, then lines with the ms from the send
 * of each message until both clients show it. Ends with 1 if they do not show every message once.
 */
import { createInterface } from "node:readline";
import { Chat, type ConversationWindow } from "../src/index.ts";

/** The bytes of a text, as in the other workloads. Each is a number. */
const BYTES = 80;

interface Plan {
  url: string;
  tokens: string[];
  conversation: number;
  /** `one`: the first client sends */
  senders: "one" | "all";
  /** messages of a sender that not both show */
  share: number;
}

/** A client of the pair. */
interface Side {
  chat: Chat;
  window: ConversationWindow;
  /** the messages that it has shown */
  readonly seen: Set<number>;
  /** messages of its own that it may send now */
  free: number;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const plan: Plan = JSON.parse((await lines.next()).value ?? "");
const sides = await Promise.all(plan.tokens.map(open));
const senders = plan.senders === "one" ? sides.slice(0, 1) : sides;
/** by their texts */
const sent = new Map<string, { at: number; by: Side; shownBy: number }>();
let count = 0;
let isSending = false;

for (const side of sides) {
  show(side);
  side.chat.subscribe(
    () => side.window.view,
    () => show(side),
  );
}
process.stdout.write("ready\n");
for await (const line of lines) {
  isSending = line === "start";
  if (isSending) for (const side of senders) refill(side);
}
const [one, other] = sides.map(({ seen }) => [...seen].sort((a, b) => a - b));
const hasGap = one?.some((seq, i) => seq !== (one[0] ?? 0) + i);
if (sent.size > 0 || hasGap || one?.at(-1) !== other?.at(-1))
  throw new Error(`${sent.size} messages were not shown by both, or there is a gap: ${hasGap}`);
process.exit(0);

async function open(token: string): Promise<Side> {
  const chat = new Chat({ url: plan.url, token });
  await chat.start();
  const window = chat.open(plan.conversation);
  // A direct conversation without messages is in no list.
  chat.send(plan.conversation, { kind: "text", body: { text: "Hello" } });
  await chat.flush();
  // On screen: the conversation comes by a socket of its own.
  window.focus();
  await new Promise<void>((resolve) => {
    const end = chat.subscribe(
      ({ connection }) => connection === "live" && !window.view.isLoading && window.view.messages.length > 0,
      (isThere) => {
        if (!isThere) return;
        end();
        resolve();
      },
    );
  });
  return { chat, window, seen: new Set<number>(), free: plan.share };
}

/** Takes what a client shows now. */
function show(side: Side): void {
  const { messages, pending } = side.window.view;
  const failed = pending.find(({ state }) => state === "failed");
  if (failed) throw new Error(`a message has failed: ${failed.code}`);
  const landed: number[] = [];
  // Acks may come behind later messages of the other side, and close a gap then.
  for (const { seq, body } of messages.slice(-2 * plan.share)) {
    if (side.seen.has(seq)) continue;
    side.seen.add(seq);
    const text = "text" in body ? body.text : "";
    const message = sent.get(text);
    if (!message || ++message.shownBy < sides.length) continue;
    sent.delete(text);
    message.by.free++;
    landed.push(performance.now() - message.at);
  }
  side.window.trim();
  if (landed.length === 0) return;
  process.stdout.write(`${JSON.stringify(landed)}\n`);
  for (const one of senders) refill(one);
}

function refill(side: Side): void {
  while (isSending && side.free > 0) {
    side.free--;
    const text = String(count++).padStart(BYTES, "0");
    side.window.send({ kind: "text", body: { text } });
    sent.set(text, { at: performance.now(), by: side, shownBy: 0 });
  }
}
