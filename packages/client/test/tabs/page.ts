import { parentPort, workerData } from "node:worker_threads";
import { Chat, type Message } from "../../src/index.ts";
import { shareSocket } from "../../src/tabs/index.ts";
import type { LockEvent } from "./locks.ts";
import { installLocks } from "./page-locks.ts";

/** What a page is opened with. */
export interface PageData {
  origin: string;
  token: string;
  /** of the shared socket */
  name: string;
  patience: number;
  /** the conversation that it shows */
  id: number;
  /** it is frozen while the first number is 1 */
  freezer: Int32Array;
}

/** What a page is told. */
export type Order =
  | { do: "send"; text: string; clientMsgId: string }
  | { do: "read" | "freeze" | "focus" | "blur" | "stop" };

/** What a page shows. */
export interface Shown {
  messages: readonly Message[];
  pending: number;
  /** how many sends it was told to make, and has */
  sends: number;
  /** it has a position, and its first messages */
  isThere: boolean;
  connection: string;
  unread: number | undefined;
  /** the messages of others that it was told of, in order */
  told: number[];
  /** a message was shown twice, out of order, or without one before it */
  isBroken: boolean;
  isFrozen: boolean;
}

const { origin, token, name, patience, id, freezer }: PageData = workerData;
installLocks();
const chat = new Chat({ url: origin, token, pause: 50, socket: shareSocket(name, { patience }) });
const told: number[] = [];
let isBroken = false;
let sends = 0;
chat.onMessage(({ seq }) => told.push(seq));
const window = chat.open(id);

function report(isFrozen = false): void {
  const { messages, pending, isLoading, hasOlder } = window.view;
  const isThere = !isLoading && (!hasOlder || messages.length > 0);
  // A place that is left is that of a message of this tab which waits for its ack.
  const isRight = (step: number) => (pending.length > 0 ? step >= 1 : step === 1);
  isBroken ||= messages.some(({ seq }, i) => i > 0 && !isRight(seq - (messages[i - 1]?.seq ?? 0)));
  const shown: Shown = {
    ...{ messages, pending: pending.length, sends, isThere, told, isBroken, isFrozen },
    connection: chat.state.connection,
    unread: chat.state.conversation(id)?.unread_count,
  };
  parentPort?.postMessage(shown);
}

parentPort?.on("message", (order: Order | LockEvent) => {
  if ("lock" in order) return;
  switch (order.do) {
    case "send":
      sends++;
      window.send({ kind: "text", body: { text: order.text }, client_msg_id: order.clientMsgId });
      break;
    case "read":
    case "focus":
    case "blur":
      window[order.do]();
      break;
    case "stop":
      void chat.stop();
      break;
    case "freeze":
      report(true);
      // Nothing of the page runs meanwhile, and it keeps its locks.
      Atomics.wait(freezer, 0, 1);
      report();
  }
});
chat.subscribe(
  () => ({}),
  () => report(),
);
await chat.start();
