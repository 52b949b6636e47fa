import type { Chat, Message, NewMessage } from "parley-client";
import { useChat, useConversationWindow } from "parley-client/react";
import { type FormEvent, useEffect, useRef, useState } from "react";

/** The conversations with their unread counts, and the one that the user has chosen. */
export function App({ chat }: { chat: Chat }) {
  const conversations = useChat(chat, (state) => state.conversations);
  const connection = useChat(chat, (state) => state.connection);
  const [chosen, choose] = useState<number>();
  return (
    <main className="app">
      <nav className="list" aria-label={`Conversations (${connection})`}>
        {conversations.map(({ id, name, unread_count: unread }) => (
          <button type="button" key={id} aria-current={id === chosen} onClick={() => choose(id)}>
            {name} {unread > 0 && <span className="unread">{unread}</span>}
          </button>
        ))}
      </nav>
      <Conversation chat={chat} id={chosen} />
    </main>
  );
}

function Conversation({ chat, id }: { chat: Chat; id: number | undefined }) {
  const me = useChat(chat, (state) => state.me);
  const [{ messages, pending, hasOlder }, window] = useConversationWindow(chat, id);
  const last = messages.at(-1)?.seq;
  const end = useRef<HTMLLIElement>(null);
  // The user looks at this conversation: it comes by the quickest way, and what is shown is read.
  useEffect(() => window?.focus(), [window]);
  useEffect(() => {
    if (last !== undefined) window?.read(last);
    end.current?.scrollIntoView();
  }, [window, last]);

  function send(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("text"));
    if (text !== "") window?.send({ kind: "text", body: { text } });
    event.currentTarget.reset();
  }

  if (id === undefined) return <p className="chat">Choose a conversation.</p>;
  return (
    <section className="chat">
      {hasOlder && (
        <button type="button" onClick={() => window?.older()}>
          Older
        </button>
      )}
      <ol className="messages">
        {messages.map((message) => (
          <li key={message.seq} className={message.sender.id === me ? "own" : ""}>
            {textOf(message)}
          </li>
        ))}
        {pending.map(({ client_msg_id: key, message, state, code }) => (
          <li key={key} className="own waiting">
            {textOf(message)}{" "}
            {state === "failed" && (
              <button type="button" disabled={code === "held"} onClick={() => chat.retry(key)}>
                {code}
              </button>
            )}
          </li>
        ))}
        <li ref={end} className="end" />
      </ol>
      <form onSubmit={send}>
        <input name="text" aria-label="Message" autoComplete="off" />
        <button type="submit">Send</button>
      </form>
    </section>
  );
}

function textOf(message: Message | NewMessage): string {
  if (!("body" in message)) return "(forwarded)";
  return "text" in message.body ? message.body.text : `(${message.kind})`;
}
