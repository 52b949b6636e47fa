import { create } from "./chat.ts";
import { EVENT, TYPES } from "./constants.ts";

/** The version of the SDK whose methods this is. Components ask for it. */
const VERSION = "3.6.6";

/** The SDK: `TencentCloudChat.create({ SDKAppID })`. */
const TencentCloudChat = { create, EVENT, TYPES, VERSION };

export default TencentCloudChat;
export type { Chat } from "./chat.ts";
export { EVENT, TYPES } from "./constants.ts";
export { ChatError } from "./error.ts";
export type * from "./types.ts";
export { create };
