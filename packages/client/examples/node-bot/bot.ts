import { readFileSync, writeFileSync } from "node:fs";
import { Chat, type Message } from "parley-client";

/** How a bot is set up. */
export interface BotOptions {
  url: string;
  token: string;
  /** the path of a file in which the bot keeps how far it has answered */
  file: string;
}

/**
 * Starts a bot that answers each message in its direct conversations once: those too that were sent while the
 * bot, the server or the network was down.
 * @returns the client of the bot; `stop` ends it
 */
export async function startBot({ url, token, file }: BotOptions): Promise<Chat> {
  const answered = new Map<string, number>(Object.entries(load(file)));
  const chat = new Chat({
    url,
    token,
    // Behind what was answered. In a conversation that is new to the bot: what it has not read.
    keeps: ({ kind, id, read_seq }) => kind === "direct" && (answered.get(String(id)) ?? read_seq),
  });
  chat.onMessage((message) => void answer(message));

  async function answer({ conversation_id: id, seq, kind, body }: Message): Promise<void> {
    if (kind !== "text" || !("text" in body)) return;
    // The same id each time: a bot that is killed here answers again, and nothing is stored twice.
    const client_msg_id = `answer-${id}-${seq}`;
    chat.send(id, { client_msg_id, kind: "text", body: { text: `You said: ${body.text}` } });
    await chat.flush();
    answered.set(String(id), Math.max(seq, answered.get(String(id)) ?? 0));
    writeFileSync(file, JSON.stringify(Object.fromEntries(answered)));
  }

  await chat.start();
  return chat;
}

function load(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // The first start.
    return {};
  }
}
