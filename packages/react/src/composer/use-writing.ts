import type { Chat, ConversationWindow, Message, NewMessage } from "parley-client";
import type { Drafts } from "parley-client/drafts";
import type { People } from "parley-client/people";
import { useChat } from "parley-client/react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Mentioned } from "../markup/names.ts";
import { type Composition, type CompositionState, WRITE } from "./composition.ts";
import { editableText, editedBody } from "./edit.ts";

/** Which field it is, and whose. */
export interface WritingOptions {
  readonly chat: Chat;
  readonly drafts: Drafts;
  readonly people: People;
  /** the user */
  readonly me: number;
  /** the conversation */
  readonly id: number;
  readonly window: ConversationWindow;
  /** the root of the thread; absent, or 0: the conversation itself */
  readonly thread?: number;
  /** what the field is for: `useComposition` keeps it, or the app where its menus of messages set it */
  readonly composition: CompositionState;
}

/** What the user writes in a field. */
export interface Writing {
  readonly mode: Composition;
  readonly text: string;
  /** whether an answer in a thread stands in the conversation too */
  readonly isAlsoInMain: boolean;
  readonly isBusy: boolean;
  /** why an edit did not work; undefined: it did */
  readonly problem: unknown;
  /** the message as it is, where somebody else has edited it meanwhile: the next edit replaces that */
  readonly conflict: Message | undefined;
  change(text: string): void;
  setAlsoInMain(isAlsoInMain: boolean): void;
  /** Ends an answer or an edit. @returns whether there was one */
  cancel(): boolean;
  /** Edits the newest message of the user. @returns whether there is one */
  editLast(): boolean;
  /** Saves an edit. @param picked the members who were chosen while it was written */
  save(picked: readonly Mentioned[]): void;
  /** What goes with each message of this field: what it answers, and its thread. */
  place(): Pick<NewMessage, "quote_seq" | "thread">;
  /** Sends a message, with which the draft goes. The field has what was written since then. */
  send(message: NewMessage, file?: Blob): void;
  /** Sends a message that is not what was written, in the place of this field. What was written stays. */
  sendBeside(message: Extract<NewMessage, { kind: string }>, file?: Blob): void;
  /** Forgets what was written. */
  clear(): void;
}

const NO_FAILURE = { problem: undefined, conflict: undefined };

/**
 * Keeps what the user writes as a draft on all their devices, and sends it with what it answers. An edit is
 * no draft. Make it anew, by a `key`, for another field.
 */
export function useWriting(options: WritingOptions): Writing {
  const { chat, drafts, me, id, window, thread = 0, composition } = options;
  const target = useRef(composition);
  target.current = composition;
  const mode = composition.now;
  const editing = mode.mode === "edit" ? mode.message.seq : 0;
  const answering = mode.mode === "reply" ? mode.message.seq : 0;

  const begin = () => drafts.get(id, thread);
  const [text, setText] = useState(() => begin()?.text ?? "");
  const [edited, setEdited] = useState("");
  const newest = useRef({ text, edited });
  newest.current = { text, edited };
  const [isAlsoInMain, setAlsoInMain] = useState(() => begin()?.thread?.also_in_main ?? false);
  const answered = useRef(begin()?.reply_to ?? 0);

  const write = (now: string, alsoInMain = isAlsoInMain) => {
    setText(now);
    newest.current.text = now;
    const content = {
      text: now,
      ...(answered.current && { reply_to: answered.current }),
      ...(thread && { thread: { root: thread, also_in_main: alsoInMain } }),
    };
    drafts.write(id, content);
  };

  // Another device, or another tab of this one, goes on with the draft, or has sent it. What was written here
  // meanwhile is what there is.
  const adopt = useRef(() => {});
  adopt.current = () => {
    const now = begin();
    setText(now?.text ?? "");
    if (now?.reply_to) void answer(now.reply_to);
    else if (answered.current) {
      answered.current = 0;
      if (target.current.peek().mode === "reply") target.current.set(WRITE);
    }
  };
  const draft = useChat(chat, (state) => state.conversation(id)?.draft);
  useEffect(() => adopt.current(), [draft]);
  useEffect(
    () =>
      chat.onFrame((frame) => {
        if (frame.type === "draft" && frame.conversation_id === id) adopt.current();
      }),
    [chat, id],
  );
  useEffect(() => drafts.subscribe((changed) => changed === id && adopt.current()), [drafts, id]);

  /** Shows the message that a draft answers. */
  const answer = async (seq: number) => {
    if (answering === seq) return;
    answered.current = seq;
    const path = { id, seq };
    const message =
      window.view.messages.find((one) => one.seq === seq) ??
      (await chat.api.call("get", "/v1/conversations/{id}/messages/{seq}", { path }).catch(() => undefined));
    if (message && answered.current === seq && target.current.peek().mode === "write")
      target.current.set({ mode: "reply", message });
  };

  // A newer version of the message does not end the edit.
  useLayoutEffect(() => {
    if (mode.mode === "edit") setEdited(editableText(mode.message) ?? "");
  }, [editing]);
  // What is typed next comes behind it.
  useLayoutEffect(() => {
    if (answering === 0 || answering === answered.current) return;
    answered.current = answering;
    write(text);
  }, [answering]);
  useEffect(() => () => target.current.set(WRITE), []);

  const clear = () => {
    answered.current = 0;
    target.current.set(WRITE);
    setText("");
  };
  /** The user may edit another message by now. */
  const isEdited = ({ seq }: Message) => {
    const now = target.current.peek();
    return now.mode === "edit" && now.message.seq === seq;
  };
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Pick<Writing, "problem" | "conflict">>(NO_FAILURE);
  const edit = async (message: Message, picked: readonly Mentioned[]) => {
    const path = { id, seq: message.seq };
    const { editedMentions } = await import("../mentions/resolve.ts");
    try {
      const texts = [editableText(message) ?? "", edited] as const;
      const mentions = await editedMentions(options, { id, mentions: message.mentions }, texts, picked);
      const saved = await chat.api.call("patch", "/v1/conversations/{id}/messages/{seq}", {
        path,
        body: { body: editedBody(message, edited.trim()), base_version: message.version, ...mentions },
      });
      if (!isEdited(message)) return;
      // What was written meanwhile is not saved yet.
      target.current.set(newest.current.edited === edited ? WRITE : { mode: "edit", message: saved });
    } catch (error) {
      const now: Message | undefined = Object(error).current;
      if (!now || !isEdited(message)) throw error;
      target.current.set({ mode: "edit", message: now });
      setFailure({ problem: undefined, conflict: now });
    }
  };

  const place = () => ({
    ...(answered.current && { quote_seq: answered.current }),
    ...(thread && { thread: { root: thread, also_in_main: isAlsoInMain } }),
  });

  return {
    ...{ mode, isAlsoInMain, place, isBusy, ...(editing ? failure : NO_FAILURE) },
    text: editing ? edited : text,
    change: (now) => {
      if (editing) return setEdited(now);
      write(now);
      const entry = chat.state.conversation(id);
      // In a crowd nobody hears of it.
      if (now && !(entry?.kind === "group" && entry.crowd)) window.typing();
    },
    setAlsoInMain: (now) => {
      setAlsoInMain(now);
      write(text, now);
    },
    cancel: () => {
      if (mode.mode === "write") return false;
      target.current.set(WRITE);
      if (mode.mode === "edit") return true;
      answered.current = 0;
      write(text);
      return true;
    },
    editLast: () => {
      const last = window.view.messages.findLast(
        (one) => one.sender.id === me && editableText(one) !== undefined,
      );
      if (last) target.current.set({ mode: "edit", message: last });
      return last !== undefined;
    },
    save: (picked) => {
      if (mode.mode !== "edit") return;
      if (edited.trim() === editableText(mode.message)) target.current.set(WRITE);
      else if (!isBusy) {
        setBusy(true);
        setFailure(NO_FAILURE);
        edit(mode.message, picked)
          .catch((problem: unknown) => setFailure({ problem, conflict: undefined }))
          .finally(() => setBusy(false));
      }
    },
    send: (message, file) => {
      // Files take a while, in which the user writes on: that is not sent with them.
      const { text: now } = newest.current;
      const rest = now.startsWith(text) ? now.slice(text.length) : now;
      write(text);
      drafts.send(id, message, file, thread);
      clear();
      if (rest) write(rest);
    },
    sendBeside: (message, file) => {
      chat.send(id, { ...message, ...place() }, file);
      if (answered.current === 0) return;
      answered.current = 0;
      if (target.current.peek().mode === "reply") target.current.set(WRITE);
      write(newest.current.text);
    },
    clear: () => {
      clear();
      write("");
    },
  };
}
