import { messageCalls } from "./routes.ts";
import { CHANNEL, DIRECT } from "./targets.ts";

/** 私信聊天消息: the messages of direct conversations. */
export const directMessages = messageCalls(DIRECT);

/** 频道消息: the messages of channels. */
export const channelMessages = messageCalls(CHANNEL);
