// First: what follows looks for the platform.

import { Drafts } from "../../src/drafts/index.ts";
import { Chat } from "../../src/index.ts";
import { upload } from "../../src/uploads/index.ts";
import { ANN, answers, calls, ORIGIN } from "./platform.ts";

declare function print(line: string): void;

const last = { seq: 1, sender: { id: 2, username: "lin", nickname: "Lin", avatar: "" }, kind: "text" };
const direct = {
  ...{ id: 7, kind: "direct", name: "Lin", avatar: "", sticky: false, archived: false, updated_at: 1 },
  ...{ last_seq: 1, read_seq: 1, unread_count: 0, peer: { ...last.sender, online: true } },
  last_message: { ...last, body: { text: "Lunch?" }, revoked: false, created_at: 1, rev: 0 },
};
answers.set("/v1/conversations", { items: [direct], next_cursor: null });
answers.set("/v1/files", { url: "/f/1", name: "file" });

/** What a file of React Native has. */
const FILE: Blob = Object.assign(Object.create(null), { size: 3, type: "text/plain" });

const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};
const chat = new Chat({ url: ORIGIN, token: "t" });
const drafts = new Drafts(chat, { name: `${ANN.username}@server.example`, storage, pause: 1_000_000 });

async function talk(): Promise<void> {
  await chat.start();
  await new Promise<void>((resolve) => {
    const end = chat.subscribe(
      ({ connection, isListed }) => connection === "live" && isListed,
      (isLive) => {
        if (!isLive) return;
        end();
        resolve();
      },
    );
  });
  print(chat.state.conversations.map(({ name, id }) => `${id} ${name}`).join());
  drafts.write(7, { text: "At no" });
  print(`kept ${kept.size}`);
  await drafts.flush();
  drafts.send(7, { kind: "text", body: { text: "At noon" } });
  await chat.flush();
  const { last_seq: seq } = chat.state.conversation(7) ?? {};
  print(`sent ${seq}, draft ${drafts.get(7)?.text}`);
  print(`uploaded ${(await upload(chat.api, FILE)).url}`);
  print(calls.join());
  drafts.close();
  await chat.stop();
}

talk().catch((error) => print(`failed: ${error} ${error.stack}`));
