import { expect } from "vitest";
import { z } from "zod";
import { EditsPage } from "../../../src/surfaces/v1/messages/edits.ts";
import type { Answer } from "./api.ts";
import { ask, type Caller } from "./chat.ts";
import { StrictMessage } from "./shapes.ts";

/** An edit: the new text, or a whole body; by default the edit of a message that was never edited. */
interface Edit {
  body: string | object;
  mentions?: number[] | "all";
  base_version?: number;
}

/** Edits a message over HTTP. */
export function patch(caller: Caller, id: number, seq: number, edit: Edit): Promise<Answer> {
  const { body, mentions, base_version = 1 } = edit;
  return ask(caller, id, "PATCH", `/messages/${seq}`, {
    body: typeof body === "string" ? { text: body } : body,
    ...(mentions !== undefined && { mentions }),
    base_version,
  });
}

/** The same, and asserts success. @returns the message */
export async function edit(...args: Parameters<typeof patch>): Promise<StrictMessage> {
  const answer = await patch(...args);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictMessage.parse(answer.body);
}

/** The former versions of a message, newest first. */
export async function edits(
  caller: Caller,
  id: number,
  seq: number,
): Promise<z.infer<typeof EditsPage>["items"]> {
  const answer = await ask(caller, id, "GET", `/messages/${seq}/edits`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return EditsPage.parse(answer.body).items;
}

const Conflict = z.looseObject({ code: z.literal("conflict"), message: StrictMessage });

/** Asserts that an edit was refused for its version. @returns the message as it is now */
export function conflictOf({ status, body }: Answer): StrictMessage {
  expect(status, JSON.stringify(body)).toBe(409);
  return Conflict.parse(body).message;
}
