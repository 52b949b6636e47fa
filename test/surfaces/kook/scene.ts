import { z } from "zod";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { openDirect } from "../../support/clients/chat.ts";
import { newBot } from "../telegram/client.ts";
import { called } from "./client.ts";

interface Scene {
  person: SignedIn;
  bot: SignedIn;
  /** their direct conversation, and its code */
  id: number;
  code: string;
}

const Chat = z.looseObject({ code: z.string().length(32) });

/** A person and a bot in a direct conversation. */
export async function scene(): Promise<Scene> {
  const [person, bot] = await Promise.all([register(), newBot()]);
  const { id } = await openDirect(person, bot);
  const { code } = Chat.parse(await called(bot, "POST user-chat/create", { target_id: person.user.id }));
  return { person, bot, id, code };
}
