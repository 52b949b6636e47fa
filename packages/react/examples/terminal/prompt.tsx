import type { ConversationWindow } from "parley-client";
import { useChat } from "parley-client/react";
import {
  ComposerField,
  Suggestions,
  useCompletion,
  useComposition,
  useMentions,
  useWriting,
} from "parley-react";
import { useRef, useSyncExternalStore } from "react";
import type { Session } from "./session.ts";

interface Props {
  session: Session;
  id: number;
  window: ConversationWindow;
}

const EVERYBODY = { name: "all", detail: "everybody" };

/** The line to type in. Behind an `@` it suggests the members of a group. */
export function Prompt({ session, id, window }: Props) {
  const { chat, people, me } = session;
  const field = useRef<HTMLTextAreaElement>(null);
  const isGroup = useChat(chat, (state) => state.conversation(id)?.kind === "group");
  const members = useSyncExternalStore(people.subscribe, () => (isGroup ? people.members(id) : undefined));
  const mentions = useMentions({ me, isGroup, members, everybody: EVERYBODY });
  const completion = useCompletion([mentions.completer]);
  const { text, change, send, cancel, mode } = useWriting({
    ...session,
    id,
    window,
    composition: useComposition(),
  });
  const enter = () => {
    if (text.trim()) send({ kind: "text", body: { text: text.trim() }, mentions: mentions.of(text) });
  };
  return (
    <form
      className="prompt"
      onSubmit={(event) => {
        event.preventDefault();
        enter();
      }}
    >
      <Suggestions
        {...{ completion, field }}
        className="suggestions"
        label="Members"
        option={({ text: name, detail }) => `${name} ${detail}`}
      />
      <span>{mode.mode === "write" ? "$" : mode.mode}</span>
      <ComposerField
        {...{ text, completion }}
        fieldRef={field}
        label="Message"
        onChange={change}
        onSend={enter}
        onCancel={cancel}
      />
    </form>
  );
}
