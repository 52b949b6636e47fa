import { env } from "cloudflare:workers";
import { z } from "zod";
import { send } from "../../support/clients/chat.ts";
import type { ContractCall, SurfaceContract } from "../../support/surfaces/contract.ts";

const Failure = z.strictObject({
  ok: z.literal(false),
  error_code: z.int().min(400),
  description: z.string().min(1),
  parameters: z.strictObject({ retry_after: z.int().positive() }).optional(),
});
const Success = z.strictObject({ ok: z.literal(true), result: z.unknown() });

let texts = 0;
/** a message of the member in the group */
let own = 0;

const post = (method: string, one: Omit<ContractCall, "method" | "path" | "place">): ContractCall => ({
  ...{ method: "POST", path: `/botTOKEN/${method}`, place: "body" },
  ...one,
});

/** The calls of a bot: the member of the context becomes one. */
export const telegram: SurfaceContract = {
  name: "telegram",
  calls: [
    post("getMe", { fields: () => ({}), required: [], who: "user" }),
    {
      ...{ method: "GET", path: "/botTOKEN/getUpdates", place: "query", who: "user" },
      fields: () => ({ offset: 0, limit: 10, timeout: 0, allowed_updates: ["message"] }),
      required: [],
    },
    post("setMyCommands", {
      fields: () => ({ commands: [{ command: "start", description: "Begins" }], language_code: "de" }),
      ...{ required: ["commands"], who: "user" },
    }),
    post("setWebhook", {
      fields: () => ({ url: "", drop_pending_updates: true }),
      ...{ required: ["url"], who: "user" },
    }),
    post("sendMessage", {
      fields: ({ group }) => ({
        ...{ chat_id: -group, text: "*hi*", parse_mode: "Markdown" },
      }),
      ...{ required: ["chat_id", "text"], who: "member" },
    }),
    {
      ...{ method: "GET", path: "/botTOKEN/sendLocation", place: "query", who: "member" },
      fields: ({ group }) => ({ chat_id: -group, latitude: 1, longitude: 2 }),
      required: ["chat_id", "latitude", "longitude"],
    },
    post("sendPoll", {
      fields: ({ group }) => ({ chat_id: -group, question: "Tea?", options: ["yes", "no"] }),
      ...{ required: ["chat_id", "question", "options"], who: "member" },
    }),
    post("editMessageText", {
      fields: ({ group }) => ({ chat_id: -group, message_id: own, text: `text ${texts++}` }),
      ...{ required: ["chat_id", "message_id", "text"], who: "member" },
    }),
    post("setMessageReaction", {
      fields: ({ group }) => ({
        ...{ chat_id: -group, message_id: own },
        reaction: [{ type: "emoji", emoji: "👍" }],
      }),
      ...{ required: ["chat_id", "message_id"], who: "member" },
    }),
    post("getChatMember", {
      fields: ({ group, peer }) => ({ chat_id: -group, user_id: peer.user.id }),
      ...{ required: ["chat_id", "user_id"], who: "member" },
    }),
  ],
  async prepare({ member, group }, stranger) {
    own = (await send(member, group, "of the bot")).seq;
    const update = env.DB.prepare("UPDATE users SET bot = 1 WHERE id IN (?, ?)");
    await update.bind(member.user.id, stranger.user.id).run();
  },
  headers: () => ({}),
  pathOf: (path, token = "") => path.replace("TOKEN", encodeURIComponent(token)),
  isSuccess: ({ status, body }) => status === 200 && Success.safeParse(body).success,
  isFailure: ({ status, body }) => Failure.safeParse(body).data?.error_code === status,
  // As with Telegram, a path without a token is none.
  isUnauthenticated: ({ status, body }) =>
    (status === 401 || status === 404) && Failure.safeParse(body).data?.error_code === status,
};
