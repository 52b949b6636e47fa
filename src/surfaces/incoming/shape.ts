import type { Context } from "hono";
import type { Failure } from "../../domain/errors.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { HookFile, HookPost } from "../../domain/server/hook-post.ts";
import type { AppEnv } from "../../http/env.ts";

/** What a service has posted. */
interface Posted {
  /** JSON, from whatever the body was */
  body: unknown;
  /** of a form, if the shape takes them: they are stored */
  files: readonly HookFile[];
  query(name: string): string | undefined;
  header(name: string): string | undefined;
}

/**
 * A stored message, with those of further files; `isRepeated`: an earlier post with the same key stored it.
 */
export interface StoredPost {
  message: Message;
  further: Message[];
  isRepeated: boolean;
}

/** How one service writes what it posts, and what it expects as an answer. */
export interface Shape {
  /** a form without JSON is an object of its fields */
  hasFields?: true;
  /** the files of a form are stored, and become messages; other shapes leave them out */
  takesFiles?: true;
  /**
   * What of a body becomes a message. What cannot be shown is left out.
   * @returns null: nothing of it can be shown, as of an event that nobody wants to be told of
   * @throws `validation_failed` for a body of another form
   */
  read(posted: Posted): HookPost | null;
  /** The answer; null: nothing was to be shown. */
  answer(c: Context<AppEnv>, stored: StoredPost | null): Response;
  /** The answer to a failure. */
  refuse(c: Context<AppEnv>, failure: Failure): Response;
}
