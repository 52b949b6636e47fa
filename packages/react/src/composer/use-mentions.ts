import type { NewMessage } from "parley-client";
import { useEffect, useRef, useState } from "react";
import type { Mentioned } from "../markup/names.ts";
import type { Nameable } from "../mentions/mentions.ts";
import type { Everybody, Suggestion } from "../mentions/suggest-members.ts";
import type { Completer } from "./use-completion.ts";

/** A member who is being named before the caret, by a name that may have blanks. */
const NAMED = /(?:^|[^\w@])@(|[^\s@][^\n@]{0,63})$/u;
const NEVER = /(?!)/;

/** What finds members and mentions. It is loaded before a name is begun, so that it is there offline. */
let source: typeof import("../mentions/index.ts") | undefined;

/** Whose members a field may name. */
export interface MentionOptions {
  /** the user, who is not suggested */
  readonly me: number;
  /** whether the conversation is a group: in others nobody is named */
  readonly isGroup: boolean;
  /** undefined: they are not known yet */
  readonly members: readonly Nameable[] | undefined;
  /** the members are those alone who were searched for, as of a crowd or a channel */
  readonly isPart?: boolean | undefined;
  /** undefined: the user may not mention all */
  readonly everybody: Everybody | undefined;
  /** what a text may name besides, as roles of a space */
  readonly others?: readonly Suggestion[] | undefined;
}

/** The mentions of a field. */
export interface FieldMentions {
  /** suggests the members behind an `@` */
  readonly completer: Completer<Suggestion>;
  /** the members who were chosen, by the words that stand for them */
  readonly picked: readonly Mentioned[];
  /** Whom a text mentions. `later`: that is found out before it is sent, by `resolveMentions` */
  of(text: string): NonNullable<NewMessage["mentions"]>;
}

/** Suggests the members of a group for what is written in a field, and says whom its text mentions. */
export function useMentions({
  me,
  isGroup,
  members,
  isPart,
  everybody,
  others,
}: MentionOptions): FieldMentions {
  const [find, setFind] = useState(source);
  const picked = useRef<Mentioned[]>([]);
  useEffect(() => {
    if (!isGroup || source) return;
    import("../mentions/index.ts").then(
      (now) => {
        source = now;
        setFind(now);
      },
      // Whoever is mentioned is found out when the message is sent.
      () => {},
    );
  }, [isGroup]);
  return {
    completer: {
      begun: isGroup ? NAMED : NEVER,
      find: (query) => find?.suggestMembers(query, members ?? [], me, everybody, others) ?? [],
      chosen: ({ text, user }) => {
        if (user) picked.current.push({ id: user.id, name: text.slice(1), isUsername: false });
      },
    },
    picked: picked.current,
    of: (text) => {
      if (!isGroup || !text.includes("@")) return [];
      if (!source || !members) return "later";
      const found = source.mentionsIn(text, members, picked.current);
      // Whom the other words name is found out by a search.
      return isPart && found.length < text.split("@").length - 1 ? "later" : found;
    },
  };
}
