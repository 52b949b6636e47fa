import { DurableObject } from "cloudflare:workers";

/** One conversation. */
export class ConversationObject extends DurableObject<Env> {}
