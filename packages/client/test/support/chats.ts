import { onTestFinished } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { Chat, type ChatOptions, type ChatState } from "../../src/index.ts";

/** Long enough, in ms, that only a client that never gets there fails. */
const PATIENCE = 60_000;

/** A started client of a user. It ends with the test. */
export async function startChat(
  origin: string,
  person: Person,
  options: Partial<ChatOptions> = {},
): Promise<Chat> {
  const chat = new Chat({ url: origin, token: person.token, pause: 50, ...options });
  onTestFinished(() => chat.stop());
  await chat.start();
  return chat;
}

/** Waits until what is selected of a client's state is something. */
export function until<T>(chat: Chat, select: (state: ChatState) => T | undefined | false | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const found = select(chat.state);
    if (found !== undefined && found !== false && found !== null) return resolve(found);
    const timer = setTimeout(() => {
      end();
      reject(new Error(`it never became so: ${select}`));
    }, PATIENCE);
    const end = chat.subscribe(
      // Selected anew at each change, whatever it is.
      () => ({}),
      () => {
        const value = select(chat.state);
        if (value === undefined || value === false || value === null) return;
        clearTimeout(timer);
        end();
        resolve(value);
      },
    );
  });
}

/** The text of a message. */
export function text(content: string): { kind: "text"; body: { text: string } } {
  return { kind: "text", body: { text: content } };
}
