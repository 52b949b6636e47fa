import { useChat, useConversationWindow } from "parley-client/react";
import { ConversationList } from "parley-react";
import { type FormEvent, useEffect, useState } from "react";
import { Log } from "./log.tsx";
import { Prompt } from "./prompt.tsx";
import { kept, type Session, signIn } from "./session.ts";

/** A chat that looks like a terminal: a line of channels, a log and a prompt. */
export function Terminal() {
  const [session, setSession] = useState(kept);
  if (!session) return <SignIn onSession={setSession} />;
  return <Channels session={session} />;
}

function SignIn({ onSession }: { onSession: (session: Session) => void }) {
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    signIn(String(data.get("name")), String(data.get("password"))).then(onSession, (error: unknown) =>
      setProblem(String(error)),
    );
  };
  return (
    <form className="login" onSubmit={submit}>
      <label>
        login: <input name="name" autoComplete="username" autoCapitalize="none" required />
      </label>
      <label>
        password: <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">enter</button>
      <p role="alert">{problem}</p>
    </form>
  );
}

function Channels({ session }: { session: Session }) {
  const { chat } = session;
  const entries = useChat(chat, (state) => state.conversations);
  const connection = useChat(chat, (state) => state.connection);
  const [selected, select] = useState(0);
  const id = selected || entries[0]?.id;
  return (
    <main>
      <nav aria-label="Channels">
        <ConversationList
          entries={entries}
          selected={id ?? 0}
          className="channels"
          row={({ entry, unread, isMentioned, isSelected, isReached }) => (
            <li key={entry.id}>
              <button
                type="button"
                data-row
                tabIndex={isReached ? 0 : -1}
                aria-current={isSelected}
                onClick={() => select(entry.id)}
              >
                {entry.kind === "group" ? "#" : "@"}
                {entry.name}
                {unread > 0 && <b>{isMentioned ? `+${unread}!` : `+${unread}`}</b>}
              </button>
            </li>
          )}
        />
        <span>[{connection}]</span>
      </nav>
      {id === undefined ? <p>no channels</p> : <Channel key={id} session={session} id={id} />}
    </main>
  );
}

function Channel({ session, id }: { session: Session; id: number }) {
  const [view, window] = useConversationWindow(session.chat, id);
  useEffect(() => window?.focus(), [window]);
  return (
    <>
      <Log {...{ session, id, view, window }} />
      {window && <Prompt {...{ session, id, window }} />}
    </>
  );
}
