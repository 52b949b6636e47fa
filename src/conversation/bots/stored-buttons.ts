import { Buttons } from "../../domain/bots/buttons.ts";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ProfileCache } from "../members/profile-cache.ts";

/** The column of a message with buttons. */
export const BUTTONS_COLUMN = "ALTER TABLE messages ADD COLUMN buttons TEXT;";

/** Parses the column `buttons`. */
export function readButtons(stored: string): Buttons {
  return Buttons.parse(JSON.parse(stored));
}

/** @returns `forbidden` unless the sender of buttons is a bot, not thrown */
export function checkButtons(
  profiles: Pick<ProfileCache, "get">,
  senderId: UserId,
  buttons: Buttons | null | undefined,
): CoreError | undefined {
  if (!buttons || profiles.get(senderId).bot) return undefined;
  return new CoreError("forbidden", "Only a bot may put buttons below its messages.");
}
