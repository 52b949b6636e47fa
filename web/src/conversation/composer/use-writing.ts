import type { ConversationWindow, Message, NewMessage } from "parley-client";
import { useChat } from "parley-client/react";
import { editableText, editedBody } from "parley-react";
import type { Mentioned } from "parley-react/markup";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { type Composition, composition, WRITE } from "../composition.ts";

/** Which field it is. */
export interface WritingPlace {
  readonly id: number;
  readonly window: ConversationWindow;
  /** the root of the thread; 0: the conversation itself */
  readonly thread: number;
}

/** What the user writes in a field. */
export interface Writing {
  readonly mode: Composition;
  readonly text: string;
  /** whether an answer in a thread stands in the conversation too */
  readonly isAlsoInMain: boolean;
  readonly isBusy: boolean;
  /** why an edit did not work */
  readonly problem: string;
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

/** Keeps what the user writes as a draft on all devices, answers and edits by {@link composition}. */
export function useWriting({ id, window, thread }: WritingPlace): Writing {
  const account = useAccount();
  const { chat, drafts, me } = account;
  const target = composition(id, thread);
  const mode = target.value;
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
      if (target.value.mode === "reply") target.value = WRITE;
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
    if (message && answered.current === seq && target.value.mode === "write")
      target.value = { mode: "reply", message };
  };

  // A newer version of the message does not end the edit.
  useLayoutEffect(() => {
    if (mode.mode === "edit") setEdited(editableText(mode.message) ?? "");
  }, [editing]);
  useEffect(() => {
    if (answering === 0 || answering === answered.current) return;
    answered.current = answering;
    write(text);
  }, [answering]);
  useEffect(
    () => () => {
      target.value = WRITE;
    },
    [target],
  );

  const clear = () => {
    answered.current = 0;
    target.value = WRITE;
    setText("");
  };
  const [notice, setNotice] = useState("");
  /** The user may edit another message by now. */
  const isEdited = ({ seq }: Message) => {
    const now = target.peek();
    return now.mode === "edit" && now.message.seq === seq;
  };
  const edit = useAction(async (message: Message, picked: readonly Mentioned[]) => {
    const path = { id, seq: message.seq };
    setNotice("");
    const { editedMentions } = await import("./resolve.ts");
    try {
      const texts = [editableText(message) ?? "", edited] as const;
      const mentions = await editedMentions(account, { id, ...message }, texts, picked);
      const saved = await chat.api.call("patch", "/v1/conversations/{id}/messages/{seq}", {
        path,
        body: { body: editedBody(message, edited.trim()), base_version: message.version, ...mentions },
      });
      if (!isEdited(message)) return;
      // What was written meanwhile is not saved yet.
      target.value = newest.current.edited === edited ? WRITE : { mode: "edit", message: saved };
    } catch (error) {
      const now: Message | undefined = Object(error).current;
      if (!now || !isEdited(message)) throw error;
      target.value = { mode: "edit", message: now };
      setNotice(t("composer.changed", { text: editableText(now) ?? t("message.revoked") }));
    }
  });

  const place = () => ({
    ...(answered.current && { quote_seq: answered.current }),
    ...(thread && { thread: { root: thread, also_in_main: isAlsoInMain } }),
  });

  return {
    ...{ mode, isAlsoInMain, place, isBusy: edit.isBusy, problem: editing ? edit.problem || notice : "" },
    text: editing ? edited : text,
    change: (now) => {
      if (editing) return setEdited(now);
      write(now);
      if (now) window.typing();
    },
    setAlsoInMain: (now) => {
      setAlsoInMain(now);
      write(text, now);
    },
    cancel: () => {
      if (mode.mode === "write") return false;
      target.value = WRITE;
      if (mode.mode === "edit") return true;
      answered.current = 0;
      write(text);
      return true;
    },
    editLast: () => {
      const last = window.view.messages.findLast(
        (one) => one.sender.id === me && editableText(one) !== undefined,
      );
      if (last) target.value = { mode: "edit", message: last };
      return last !== undefined;
    },
    save: (picked) => {
      if (mode.mode !== "edit") return;
      if (edited.trim() === editableText(mode.message)) target.value = WRITE;
      else void edit.run(mode.message, picked);
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
      if (target.peek().mode === "reply") target.value = WRITE;
      write(newest.current.text);
    },
    clear: () => {
      clear();
      write("");
    },
  };
}
