import type { Chat, Message, ServerFrame } from "parley-client";

/** So long an answer is waited for, in ms. */
const PATIENCE = 15_000;

export type TapAnswer = Extract<ServerFrame, { type: "tap_answer" }>;

/**
 * Taps on a button of a bot's message.
 * @returns the answer of the bot; undefined: it gave none in time
 * @throws Problem if the server does not take the tap
 */
export async function tap(
  chat: Chat,
  { conversation_id: id, seq }: Message,
  data: string,
): Promise<TapAnswer | undefined> {
  // The answer may come before the server says which tap it is of.
  const early: TapAnswer[] = [];
  let take = (answer: TapAnswer) => void early.push(answer);
  const end = chat.onFrame((frame) => {
    if (frame.type === "tap_answer") take(frame);
  });
  try {
    const path = { id, seq };
    const call = chat.api.call("post", "/v1/conversations/{id}/messages/{seq}/taps", {
      path,
      body: { data },
    });
    const { tap_id: tapId } = await call;
    const known = early.find((answer) => answer.tap_id === tapId);
    if (known) return known;
    return await new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      take = (answer) => {
        if (answer.tap_id !== tapId) return;
        clearTimeout(timer);
        resolve(answer);
      };
    });
  } finally {
    end();
  }
}
