import { type Panel, type Route, route } from "../state/router.ts";

/**
 * The address of a conversation, at the message that the address names now.
 * @param panel the panel beside the conversation; absent: none
 */
export function conversationAddress(id: number, panel?: Panel): Route {
  const now = route.value;
  const at = now.view === "conversation" && now.id === id ? now.at : undefined;
  return { view: "conversation", id, ...(at && { at }), ...(panel && { panel }) };
}
