import { Chat, type ConversationWindow } from "parley-client";

/** `?url=http://localhost:8787&token=…` */
const query = new URLSearchParams(location.search);
const chat = new Chat({ url: query.get("url") ?? location.origin, token: query.get("token") ?? "" });
const list = element("nav", { className: "list", ariaLabel: "Conversations" });
const messages = element("ol", { className: "messages" });
const input = element("input", { name: "text", ariaLabel: "Message", autocomplete: "off" });
const form = element("form", {}, input, element("button", { textContent: "Send" }));
const section = element("section", { className: "chat", hidden: true }, messages, form);
document.querySelector("#root")?.append(element("main", { className: "app" }, list, section));

let open: ConversationWindow | undefined;

chat.subscribe((state) => state.conversations, showList);
chat.subscribe(() => open?.view, showMessages);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (input.value !== "") open?.send({ kind: "text", body: { text: input.value } });
  form.reset();
});
await chat.start();

function choose(id: number): void {
  open?.close();
  open = chat.open(id);
  open.focus();
  section.hidden = false;
  showList();
  showMessages();
}

function showList(): void {
  list.replaceChildren(
    ...chat.state.conversations.map(({ id, name, unread_count: unread }) => {
      const badge = unread > 0 ? [element("span", { className: "unread", textContent: `${unread}` })] : [];
      const button = element("button", { ariaCurrent: `${id === open?.conversationId}` }, name, ...badge);
      button.addEventListener("click", () => choose(id));
      return button;
    }),
  );
}

function showMessages(): void {
  if (!open) return;
  const { view } = open;
  messages.replaceChildren(
    ...view.messages.map(({ sender, kind, body }) => {
      const className = sender.id === chat.state.me ? "own" : "";
      return element("li", { className, textContent: "text" in body ? body.text : `(${kind})` });
    }),
    ...view.pending.map(({ message, state }) => {
      const content = "body" in message && "text" in message.body ? message.body.text : "…";
      return element("li", { className: "own waiting", textContent: `${content} (${state})` });
    }),
  );
  messages.scrollTop = messages.scrollHeight;
  open.read();
}

/** Makes an element with properties and children. */
function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
