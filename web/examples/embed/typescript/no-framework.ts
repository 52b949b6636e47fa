import type {} from "../../../public/embed.d.ts";

/** Opens a chat in a page without a framework. */
export function openChat(conversation: number, getToken: () => Promise<string>): void {
  const chat = document.createElement("parley-chat");
  chat.setAttribute("conversation", `${conversation}`);
  chat.getToken = getToken;
  chat.addEventListener("parley-open", ({ detail }) => console.log(detail.conversation, detail.thread));
  document.body.append(chat);
}
