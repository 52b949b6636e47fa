import { CoreError } from "../../domain/errors.ts";
import { badRequest } from "./errors.ts";

/**
 * Why a call was refused, in the words of Telegram: libraries know refusals by them. `message`, `user`,
 * `member`: what was not found. `forbidden`: the bot may not do it.
 */
interface Words {
  message?: string;
  user?: string;
  member?: string;
  forbidden?: string;
  self?: string;
}

const PINNING = { forbidden: "not enough rights to manage pinned messages in the chat" };
const USER = { user: "user not found", member: "user not found" };
const RIGHTS = "not enough rights";

/** By what a call does. All of them are 400. */
const WORDS = {
  answer: { message: "message to be replied not found" },
  edit: { message: "message to edit not found", forbidden: "message can't be edited" },
  delete: { message: "message to delete not found", forbidden: "message can't be deleted" },
  forward: { message: "message to forward not found" },
  copy: { message: "message to copy not found" },
  react: { message: "message to react not found", forbidden: `${RIGHTS} to react to the message` },
  stop: { message: "message with poll to stop not found", forbidden: "poll can't be stopped" },
  pin: { message: "message to pin not found", ...PINNING },
  unpin: { message: "message to unpin not found", ...PINNING },
  restrict: {
    ...USER,
    ...{ forbidden: `${RIGHTS} to restrict/unrestrict chat member`, self: "can't restrict self" },
  },
  promote: { ...USER, forbidden: RIGHTS, self: "can't promote self" },
  title: { forbidden: `${RIGHTS} to change chat title` },
  description: { forbidden: `${RIGHTS} to set chat description` },
  photo: { forbidden: `${RIGHTS} to change chat photo` },
  permissions: { forbidden: `${RIGHTS} to change chat permissions` },
  invite: { ...USER, forbidden: `${RIGHTS} to manage chat invite link` },
} satisfies Record<string, Words>;

/** What a call does. */
export type Deed = keyof typeof WORDS;

/** Runs `work`. @throws in Telegram's words what it refuses, and as it is what has no words */
export async function inWords<T>(deed: Deed, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw (error instanceof CoreError && worded(WORDS[deed], error)) || error;
  }
}

function worded(words: Words, { code, data }: CoreError): CoreError | null {
  const text = textOf(words, code, data);
  return text === undefined ? null : badRequest(text);
}

function textOf(words: Words, code: CoreError["code"], data: CoreError["data"]): string | undefined {
  const { missing, refusal } = data ?? {};
  if (code === "not_found") {
    if (missing === "message" || missing === "user" || missing === "member") return words[missing];
    return undefined;
  }
  if (code === "too_late" || code === "forbidden" || code === "not_forwardable")
    return refusal === "self" ? (words.self ?? words.forbidden) : words.forbidden;
  return undefined;
}
