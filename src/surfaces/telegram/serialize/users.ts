import type { Person } from "../../../domain/accounts/person.ts";
import type { BotPlace } from "../../../domain/bots/bot-update.ts";

/** A user as this API shows them. */
export function serializeUser({ id, username, nickname, bot, hook }: Person) {
  return {
    ...{ id, is_bot: bot === true || hook !== undefined, first_name: nickname || username },
    ...(username !== "" && !hook && { username }),
  };
}

/** The id of a chat: that of the other user, or the negative one of a group. */
function chatId({ id, peer }: Pick<BotPlace, "id" | "peer">): number {
  return peer ? peer.id : -id;
}

/** A chat as messages show it. */
export function serializeChat(place: Pick<BotPlace, "id" | "kind" | "name" | "peer">) {
  const id = chatId(place);
  if (place.kind === "group") return { id, type: "supergroup" as const, title: place.name };
  const { username, nickname } = place.peer ?? { username: "", nickname: "" };
  return {
    ...{ id, type: "private" as const, first_name: nickname || username },
    ...(username !== "" && { username }),
  };
}
