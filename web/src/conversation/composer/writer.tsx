import type { ConversationWindow } from "parley-client";
import { useChat } from "parley-client/react";
import {
  ComposerField,
  editableText,
  insert,
  Suggestions,
  useWriting,
  type Writing,
} from "parley-react/composer";
import { charactersLeft, MAX_CAPTION, MAX_TEXT } from "parley-react/message";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isManager } from "../../group/rights.ts";
import { t } from "../../i18n/i18n.ts";
import { hasKeyboard } from "../../lib/system/keyboard.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { sendKey } from "../../state/send-key.ts";
import { useNameable } from "../../state/use-people.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { Opener } from "../../ui/opener.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { isAlbum } from "../attachments/attachment.ts";
import { useAttachments } from "../attachments/use-attachments.ts";
import { useCompositionOf } from "../composition.ts";
import { Option } from "./option.tsx";
import { useFieldCompletion } from "./use-completion.ts";

const SlowMode = lazy(async () => (await import("./slow-mode.tsx")).SlowMode, { isHint: true });
// A device may have no microphone: nobody misses the button.
const VoiceButton = lazy(async () => (await import("../voice/voice-button.tsx")).VoiceButton, {
  isHint: true,
});
// Files can be chosen without it.
const DropZone = lazy(async () => (await import("../attachments/drop-zone.tsx")).DropZone, { isHint: true });
const Target = lazy(async () => (await import("./target.tsx")).Target);
const AddMenu = lazy(async () => (await import("./add-menu.tsx")).AddMenu);
const EmojiPanel = lazy(async () => (await import("../../ui/emoji/emoji-panel.tsx")).EmojiPanel);
const Tray = lazy(async () => (await import("../attachments/tray.tsx")).Tray);
const PollDialog = lazy(async () => (await import("../dialogs/poll-dialog.tsx")).PollDialog);
const ScheduleDialog = lazy(async () => (await import("../dialogs/schedule-dialog.tsx")).ScheduleDialog);

/** A character that one sees. A text without any would be an empty bubble. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

interface Props {
  id: number;
  name: string;
  window: ConversationWindow;
  /** 0: none */
  thread: number;
}

/** The field for the next message, and what can be sent besides text. */
export function Writer({ id, name, window, thread }: Props) {
  const account = useAccount();
  const { chat } = account;
  const group = useChat(chat, (state) => {
    const entry = state.conversation(id);
    return entry?.kind === "group" ? entry : undefined;
  });
  const composition = useCompositionOf(id, thread);
  const writing = useWriting({ ...account, id, window, thread, composition });
  const { mode, text, change } = writing;
  const nameable = useNameable(id, group, text, group !== undefined && isManager(group.role));
  const { completion, mentions } = useFieldCompletion(id, group !== undefined, nameable);
  const attachments = useAttachments(id, thread);
  const [isRecording, setRecording] = useState(false);
  const [dialog, setDialog] = useState<"poll" | "later" | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  /** Asks for files. @param accept `image/*`: the camera takes one; empty: any */
  const choose = (accept: string) => {
    const input = files.current;
    if (!input) return;
    input.accept = accept;
    // iOS opens the camera for anything while there is a `capture`, also an empty one.
    input.toggleAttribute("capture", accept !== "");
    input.click();
  };
  const isEdit = mode.mode === "edit";
  const [waits, setWaits] = useState(false);
  const { items } = attachments;
  /** the text is the caption of the only file, or of pictures that make an album */
  const isCaption = items.length === 1 || isAlbum(items) || (isEdit && mode.message.kind !== "text");

  const trimmed = VISIBLE.test(text) ? text.replace(/^\s*\n/, "").trimEnd() : "";
  const left = charactersLeft(text, isCaption ? MAX_CAPTION : MAX_TEXT);
  const isSendable = (trimmed !== "" || items.length > 0 || (isEdit && isCaption)) && !((left ?? 0) < 0);
  // What comes in the midst of a recording, as a draft of another device, does not end it.
  const hasContent = isSendable || isEdit || text !== "";

  // A message that is to be answered or edited was chosen elsewhere. What is typed at once belongs here.
  const target = mode.mode === "write" ? 0 : mode.message.seq;
  useLayoutEffect(() => {
    if (target === 0) return;
    const { current: area } = field;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, [target]);

  // The button of a recording goes away behind it where there is something to send, with the focus.
  useLayoutEffect(() => {
    if (!isRecording && hasContent && hasKeyboard() && document.activeElement === document.body)
      field.current?.focus();
  }, [isRecording]);

  const send = async () => {
    if (!isSendable || waits) return;
    completion.close();
    if (isEdit) return writing.save(mentions.picked);
    const content = { mentions: mentions.of(text), ...writing.place() };
    if (items.length === 0) return writing.send({ kind: "text", body: { text: trimmed }, ...content });
    const caption = isCaption ? trimmed : "";
    const [first, ...rest] = await attachments.take(caption);
    if (!first) return;
    const { quote_seq: _, ...place } = writing.place();
    if (isCaption) {
      // The last one has the caption, and answers.
      const last = rest.pop() ?? first;
      for (const { message, file } of last === first ? [] : [first, ...rest])
        chat.send(id, { ...message, ...place }, file);
      return writing.send({ ...last.message, ...content }, last.file);
    }
    // The text stands before the files that it is about.
    if (trimmed) {
      writing.send({ kind: "text", body: { text: trimmed }, ...content });
      chat.send(id, { ...first.message, ...place }, first.file);
    } else writing.send({ ...first.message, ...content }, first.file);
    for (const { message, file } of rest) chat.send(id, { ...message, ...place }, file);
  };

  const label = isCaption
    ? t("composer.placeholder.caption")
    : thread
      ? t("composer.placeholder.thread")
      : t("composer.placeholder", { name });
  return (
    <>
      <form
        ref={form}
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          // The button goes away with what it has sent.
          if (event.submitter?.matches(":focus")) field.current?.focus();
          void send();
        }}
      >
        {!isEdit && <DropZone form={form} onFiles={attachments.add} />}
        {mode.mode !== "write" && <Target mode={mode} onCancel={writing.cancel} />}
        {items.length > 0 && !isEdit && (
          <Tray attachments={attachments} onRemoved={() => hasKeyboard() && field.current?.focus()} />
        )}
        <ProblemText text={failureOf(writing)} />
        <div class="composer-row">
          {!isEdit && (
            <>
              <input
                ref={files}
                type="file"
                multiple
                hidden
                onChange={({ currentTarget: input }) => {
                  attachments.add([...(input.files ?? [])]);
                  input.value = "";
                  field.current?.focus();
                }}
              />
              <Opener icon="plus" label={t("composer.add")}>
                {(opened) => <AddMenu {...opened} onFiles={choose} onDialog={setDialog} />}
              </Opener>
            </>
          )}
          <div class="composer-field">
            <Suggestions
              {...{ completion, field }}
              className="suggestions"
              label={t("composer.suggestions")}
              option={(one) => <Option suggestion={one} />}
            />
            <ComposerField
              {...{ text, label, completion }}
              fieldRef={field}
              sendsByEnter={sendKey.value === "enter"}
              onChange={change}
              onSend={() => void send()}
              onCancel={writing.cancel}
              onUp={() => items.length === 0 && writing.editLast()}
              onFiles={attachments.add}
            />
            <Opener icon="smile" label={t("composer.emoji")} popup="dialog">
              {(opened) => (
                <EmojiPanel
                  {...opened}
                  onPick={(emoji) => {
                    const { current: area } = field;
                    if (area) insert(area, emoji, area.selectionStart, area.selectionEnd);
                  }}
                />
              )}
            </Opener>
          </div>
          {hasContent && !isRecording ? (
            <IconButton
              icon={isEdit ? "check" : "send"}
              label={t(isEdit ? "composer.save" : "composer.send")}
              type="submit"
              class="icon-button submit"
              // The field keeps the focus, and a phone its keyboard.
              onMouseDown={(event) => event.preventDefault()}
              disabled={!isSendable || waits || writing.isBusy || attachments.isBusy}
            />
          ) : (
            <VoiceButton
              onPhase={setRecording}
              onRecorded={(body, file) => writing.sendBeside({ kind: "audio", body }, file)}
            />
          )}
        </div>
        {left !== undefined && (
          <p class="composer-left" role="status" data-over={left < 0}>
            {left < 0 ? t("composer.over", { n: -left }) : t("composer.left", { n: left })}
          </p>
        )}
        {group && !isEdit && <SlowMode window={window} onWait={setWaits} />}
        {thread > 0 && !isEdit && (
          <label class="composer-also">
            <input
              type="checkbox"
              checked={writing.isAlsoInMain}
              onChange={({ currentTarget }) => writing.setAlsoInMain(currentTarget.checked)}
            />
            {t("composer.alsoInMain")}
          </label>
        )}
      </form>
      {dialog === "poll" && (
        <PollDialog
          onClose={() => setDialog(null)}
          onCreate={(body) => {
            writing.sendBeside({ kind: "poll", body });
            setDialog(null);
          }}
        />
      )}
      {dialog === "later" && (
        <ScheduleDialog
          id={id}
          text={trimmed}
          place={writing.place()}
          picked={group ? mentions.picked : undefined}
          onClose={() => setDialog(null)}
          onScheduled={() => {
            writing.clear();
            setDialog(null);
          }}
        />
      )}
    </>
  );
}

/** Why an edit did not work; empty: it did. */
function failureOf({ problem, conflict }: Writing): string {
  if (conflict) return t("composer.changed", { text: editableText(conflict) ?? t("message.revoked") });
  return problem === undefined ? "" : reason(problem);
}
